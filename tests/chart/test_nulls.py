"""A null takes a default back: the chart refuses it in words, or does as well without."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
import yaml

from tests import chart_variants
from tests.chart.differences import GONE, changes
from tests.chart.test_standards import ALL
from tests.chart.test_toggles import replaced
from tests.chart.toggles import MATRIX
from tests.chart_pieces import merged
from tests.standards import kubernetes
from tests.standards.documents import Documents

WORDS = ("values don't meet the specifications", "templates/values/validate.yaml:")
# Who takes these back, or what is in them, does not want what they bring; `bucket` and `tls` are of
# the values around the trial, not the chart's.
MEANT = (
    *("resources", "backup.resources", "podSecurityContext", "securityContext", "parameters"),
    *("startupProbe", "readinessProbe", "livenessProbe", "image.tag", "image.digest"),
    *("backup.s3.bucket", "ingress.tls"),
)
# Where something that is gone is not asked for, but missing.
DEAR = (" env ", " volumes ", " from", " rules")


def paths(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Every value and every group of values."""
    for name, value in values.items():
        yield f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from paths(value, f"{prefix}{name}.")


DEFAULTS = yaml.safe_load(chart_variants.files()["values.yaml"])


@pytest.mark.parametrize("path", [*paths(DEFAULTS)])
def test_a_value_that_is_taken_back_is_refused_in_words_or_not_missed(path: str) -> None:
    engine = chart_variants.engine()
    needs = MATRIX[path].needs if path in MATRIX else {}
    below = merged(chart_variants.given(), needs)
    values = replaced(below, path, None)
    if said := engine.refusal(values):
        assert any(word in said for word in WORDS), said
        return
    former, faulty = before(json.dumps(below))
    documents = engine.as_clusters_read(values)
    for name, document in documents.items():
        if kubernetes.knows(document):
            assert kubernetes.faults(document, "1.34") == [], name
    if not any(path == meant or path.startswith(f"{meant}.") for meant in MEANT):
        assert faults(documents) - faulty == set()
        if not needs:
            found = changes(former, documents)
            gone = [at for at, value in found.items() if value in (GONE, None)]
            assert [at for at in gone if any(word in f"{at} " for word in DEAR)] == []


@cache
def before(values: str) -> tuple[Documents, set[str]]:
    """What many values have around them, rendered, and what is wrong with it."""
    documents = chart_variants.engine().as_clusters_read(json.loads(values))
    return documents, faults(documents)


def faults(documents: Documents) -> set[str]:
    return {fault for rule in ALL.values() for fault in rule.faults(documents)}
