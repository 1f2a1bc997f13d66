"""Every object of every variant, by the schemas of eight minors of Kubernetes, and of others."""

from __future__ import annotations

import copy
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped] # it has no types
import pytest

from tests import chart_variants
from tests.chart_variants import VARIANTS
from tests.standards import crds, kubernetes
from tests.standards.documents import Document


@pytest.mark.parametrize("minor", kubernetes.MINORS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_object_is_valid_for_every_kubernetes(variant: str, minor: str) -> None:
    for name, document in chart_variants.rendered(variant, minor).items():
        if kubernetes.knows(document):
            assert kubernetes.faults(document, minor) == [], name


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_object_of_others_is_valid_by_their_definitions(variant: str) -> None:
    for name, document in chart_variants.rendered(variant).items():
        if not kubernetes.knows(document):
            assert judged(document) == [], name


@pytest.mark.parametrize("kind", crds.SOURCES)
def test_the_definition_of_a_kind_of_others_is_that_kinds(kind: str) -> None:
    try:
        assert crds.definition(kind)["spec"]["names"]["kind"] == kind
    except crds.Missing as missing:
        pytest.skip(str(missing))


def test_an_unknown_field_is_found() -> None:
    document = copy.deepcopy(chart_variants.rendered("default")["Deployment/demo-support"])
    document["spec"]["template"]["spec"]["hostnme"] = "x"
    document["spec"]["replicas"] = "1"
    for minor in kubernetes.MINORS:
        told = kubernetes.faults(document, minor)
        assert any("'hostnme' was unexpected" in fault for fault in told)
        assert any(fault.startswith("$.spec.replicas:") for fault in told)
        with pytest.raises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(document, minor, strict=True)


@pytest.mark.parametrize("change", [{"parentRef": []}, {"hostnames": "x"}], ids=str)
def test_an_unknown_field_of_a_kind_of_others_is_found(change: dict[str, Any]) -> None:
    route = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "x"},
        "spec": {"parentRefs": [{"name": "gateway"}]},
    }
    assert judged(route) == []
    assert len(judged({**route, "spec": change})) == 1


def judged(document: Document) -> list[str]:
    try:
        return crds.faults(document)
    except crds.Missing as missing:
        pytest.skip(str(missing))
