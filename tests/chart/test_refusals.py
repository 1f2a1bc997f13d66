"""What the templates refuse in words of their own, whether the schema is asked before or not."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest

from tests import chart_variants
from tests.chart_pieces import (
    EXTERNAL,
    INGRESS,
    MONITORED,
    PARTS,
    ROUTE,
    SAVED,
    SHARED,
    STORE,
    merged,
)
from tests.standards.documents import Engine

TEMPLATE = "templates/values/validate.yaml"
OPEN = {"networkAccess": "public"}
UNPINNED = {**SAVED, "image": ""}
SAVED_AFAR = {**SAVED, "s3": {"bucket": "b", "existingSecret": "keys"}}
# What is told → values that it is told of.
TRIALS: dict[str, dict[str, Any]] = {
    "logLevel is null: leave it out": {"logLevel": None},
    "metrics.serviceMonitor.interval is null": {"metrics": {"serviceMonitor": {"interval": None}}},
    "downloadFlows is gone": {"downloadFlows": {"enabled": False}},
    "replicaCount is 6: it must be from 1 to 5": {**SHARED, "replicaCount": 6},
    "autoscaling.maxReplicas is 9: it must be from 1 to 5": {
        **SHARED,
        "autoscaling": {"enabled": True, "maxReplicas": 9},
    },
    "autoscaling.minReplicas is 4, more than autoscaling.maxReplicas, which is 3": {
        **SHARED,
        "autoscaling": {"enabled": True, "minReplicas": 4, "maxReplicas": 3},
    },
    "autoscaling has nothing to go by": {
        **SHARED,
        "autoscaling": {"enabled": True, "targetCPUUtilizationPercentage": None},
    },
    "replicaCount above 1 needs a shared database": {"replicaCount": 2},
    "autoscaling.maxReplicas above 1 needs a shared": {"autoscaling": {"enabled": True}},
    "persistence is for the database of a lone pod": {**SHARED, "persistence": {"enabled": True}},
    "a ServiceMonitor, alerts or a dashboard need metrics": {
        "metrics": {**MONITORED, "enabled": False}
    },
    "metrics.prometheusRule needs a ServiceMonitor": {
        "metrics": {"enabled": True, "prometheusRule": {"enabled": True}}
    },
    "ingress.hosts is empty": {**OPEN, "ingress": {**INGRESS, "hosts": []}},
    "httpRoute.parentRefs is empty": {**OPEN, "httpRoute": {**ROUTE, "parentRefs": []}},
    "backup.image is empty": {"database": PARTS, "backup": UNPINNED},
    "backup.s3.image is empty": {"database": PARTS, "backup": SAVED_AFAR},
    "networkPolicy.egressByName knows": {"networkPolicy": {"egressByName": "cilium"}},
    "ingress, httpRoute and a service.type other": {"service": {"type": "NodePort"}},
    "existingSecret and externalSecret are both": {
        "existingSecret": "all",
        "externalSecret": EXTERNAL,
    },
    "backup needs database.host": {**SHARED, "backup": SAVED},
    "credentials.TAVILY_API_KEY.value is empty": {"credentials": {"TAVILY_API_KEY": {"value": ""}}},
    "credentials.LANGFLOW_API_KEY is missing": {"credentials": {"LANGFLOW_API_KEY": None}},
    "credentials.OTHER is unknown": {"credentials": {"OTHER": {"value": "x"}}},
    "parameters.HELP_URL is missing": {"parameters": {"HELP_URL": None}},
    "9x cannot name a Service": {"fullnameOverride": "9x"},
    # Where the schema is not asked, what it would say of these leads to a dead pod or an open door.
    "networkAccess is Private: it must be one of private, public": {"networkAccess": "Private"},
    "credentialsAs is files: it must be one of env, file": {"credentialsAs": "files"},
    "routes is none: it must be one of all, flows, mcp": {"routes": "none"},
    "database names none": {"database": {"value": ""}},
    "database.host goes with .name": {"database": {"host": "db.example.com"}},
    "networkPolicy.egressByName holds pods to": {
        "networkPolicy": {"egressByName": "cilium", "privateNetworks": True}
    },
    "preStopSeconds is 45: terminationGracePeriodSeconds, which is 45": {"preStopSeconds": 45},
    "tracing.langfuse.existingSecret is empty": {
        "tracing": {"langfuse": {"baseUrl": "https://langfuse.example.com"}}
    },
    "backup.s3.existingSecret is empty": {
        "database": PARTS,
        "backup": {**STORE, "s3": {**STORE["s3"], "existingSecret": ""}},
    },
    "externalSecret asks nobody": {"externalSecret": {"enabled": True}},
}
OPENSHIFT = ("security.openshift.io/v1",)
WORDS = re.compile(r'append \$problems (?:\(printf )?"([^"]+)"')


@cache
def unchecked() -> Engine:
    """The chart as `--skip-schema-validation` has it."""
    files = chart_variants.files()
    return Engine({path: files[path] for path in files if path != "values.schema.json"})


@cache
def told(words: str) -> str:
    values = merged(chart_variants.given(), TRIALS[words])
    return unchecked().refusal(values, api_versions=OPENSHIFT)


@pytest.mark.parametrize("words", TRIALS)
def test_what_cannot_be_is_refused_in_words_without_the_schema_too(words: str) -> None:
    assert TEMPLATE in told(words)
    assert f"- {words}" in told(words)


@pytest.mark.parametrize("words", TRIALS)
def test_what_cannot_be_is_refused_with_the_schema_asked_first(words: str) -> None:
    values = merged(chart_variants.given(), TRIALS[words])
    said = chart_variants.engine().refusal(values, api_versions=OPENSHIFT)
    assert TEMPLATE in said or "values don't meet the specifications" in said


def test_every_refusal_of_the_template_is_tried() -> None:
    template = chart_variants.files()[TEMPLATE].decode()
    refusals = WORDS.findall(template)
    assert len(refusals) == template.count("append $problems") > 20
    said = "\n".join(told(words) for words in TRIALS)
    forms = {each: re.sub("%[sdv]", ".+", re.escape(each)) for each in refusals}
    assert [each for each, form in forms.items() if not re.search(form, said)] == []


def test_what_is_nothing_of_these_is_taken() -> None:
    assert unchecked().refusal(chart_variants.given()) == ""
