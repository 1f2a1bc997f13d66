"""The chart by the field's standards: every variant, every rule."""

from __future__ import annotations

import pytest

from tests import chart_variants
from tests.chart_variants import VARIANTS
from tests.standards.pod_security import POD_SECURITY
from tests.standards.rules import Rule, Rules
from tests.standards.surroundings import SURROUNDINGS
from tests.standards.workloads import HARDENING

ALL = Rules({**POD_SECURITY, **HARDENING, **SURROUNDINGS})


def test_the_lists_are_whole() -> None:
    assert len(POD_SECURITY) == 18
    assert len(HARDENING) == 31
    assert len(SURROUNDINGS) >= 16


@pytest.mark.parametrize("rule", ALL.values(), ids=ALL.keys())
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_keeps_every_rule(variant: str, rule: Rule) -> None:
    faults = rule.faults(chart_variants.rendered(variant))
    if rule.id in VARIANTS[variant].excused:
        assert faults, f"{rule.id} needs no excuse any more"
    else:
        assert not faults, "\n".join(faults)
