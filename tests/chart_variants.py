"""Charts of the sample as people install them: named values, from nothing to everything."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from chartgen import chart
from chartgen.tree import Tree
from tests import helm
from tests.chart_pieces import (
    CONTAINERS,
    EGRESS,
    EVERYTHING,
    EXTERNAL,
    INGRESS,
    MONITORED,
    OWN,
    PARTS,
    ROUTE,
    SAVED,
    SHARED,
    STORE,
    TRACING,
    Values,
    merged,
)
from tests.sample import sample_app, sample_flow, sample_image
from tests.standards.documents import RELEASE, Documents, Engine

# No rule of the chart's default: a kubelet refuses a pod that names a profile on a node without
# AppArmor, and where a node has it the runtime applies its own profile to pods that name none.
NOT_NAMED = {"H17": "AppArmor is named by users whose nodes have it: docs/production.md"}


@dataclass(frozen=True)
class Variant:
    """One way to install the chart, and what the cluster has beyond Kubernetes itself."""

    values: Mapping[str, Any] = field(default_factory=dict)
    api_versions: tuple[str, ...] = ()
    release: str = RELEASE
    # Number of a rule, ours or checkov's → why it does not apply here.
    excused: Mapping[str, str] = field(default_factory=lambda: NOT_NAMED)


@cache
def files() -> Tree:
    """The chart of the sample."""
    return chart.build(sample_app(), sample_image(), display_name="Support desk").files


@cache
def next_files() -> Tree:
    """The same application, a version later: another image, another flow, another release."""
    later = sample_app(
        version="1.3.0",
        flows=(sample_flow(sha256="f" * 64), *sample_app().flows[1:]),
    )
    image = replace(sample_image(), tag="1.3.0", digest="sha256:" + "e" * 64)
    return chart.build(later, image, display_name="Support desk").files


@cache
def engine() -> Engine:
    """Helm's engine with the chart of the sample in it."""
    return Engine(files())


def given() -> Values:
    """What nobody can leave out: credentials, and parameters that have no default."""
    return copy.deepcopy(helm.values_of(files()))


def values(variant: Variant) -> Values:
    """All values of a variant, as a file for `helm --values` has them."""
    return merged(given(), variant.values)


@cache
def rendered(name: str, minor: str = "1.34") -> Documents:
    """A variant's objects; they are shared by the tests, which only look at them."""
    variant = VARIANTS[name]
    return engine().documents(
        values(variant),
        kubernetes=f"{minor}.0",
        api_versions=variant.api_versions,
        name=variant.release,
    )


def _file(name: str) -> Values:
    """The values of one of the files that come with the chart."""
    return helm.values_of(files(), f"values-{name}.yaml")


VARIANTS: dict[str, Variant] = {
    "default": Variant(),
    "production": Variant(merged(_file("production"), SHARED)),
    "development": Variant(_file("development")),
    "public": Variant({"networkAccess": "public", "service": {"type": "LoadBalancer"}}),
    "ingress": Variant({"networkAccess": "public", "ingress": INGRESS}),
    "route": Variant({"networkAccess": "public", "httpRoute": ROUTE}),
    "replicas": Variant({**SHARED, "replicaCount": 3}),
    "autoscaling": Variant({**SHARED, "autoscaling": {"enabled": True}}),
    "existing-secrets": Variant({**SHARED, "credentials": None, "existingSecret": "all"}),
    "external-secret": Variant({"credentials": None, "externalSecret": EXTERNAL}),
    "files": Variant({"credentialsAs": "file"}),
    "database": Variant({"database": {"value": "postgresql://user:word@db:5432/support"}}),
    "database-parts": Variant({"database": PARTS}),
    "persistence": Variant({"persistence": {"enabled": True}, "credentialsAs": "file"}),
    "backup": Variant({"database": PARTS, "backup": SAVED}),
    "backup-store": Variant({"database": PARTS, "backup": STORE, "credentialsAs": "file"}),
    "egress": Variant({"networkPolicy": EGRESS}),
    "cilium": Variant({**SHARED, "networkPolicy": {**EGRESS, "egressByName": "cilium"}}),
    "private-networks": Variant({"networkPolicy": {"privateNetworks": True}}),
    "metrics": Variant({"metrics": {"enabled": True}}),
    "monitor": Variant({"metrics": MONITORED}),
    "tracing": Variant({"tracing": TRACING}),
    "user-namespaces": Variant({"hostUsers": False}),
    "apparmor": Variant(
        {
            "database": PARTS,
            "backup": STORE,
            "podSecurityContext": {"appArmorProfile": {"type": "RuntimeDefault"}},
        },
        excused={},
    ),
    "registry": Variant({"global": {"imageRegistry": "mirror.example.com/all"}}),
    "containers": Variant(CONTAINERS),
    "own": Variant(OWN),
    "everything": Variant(EVERYTHING),
    "everything-as-files": Variant({**EVERYTHING, "credentialsAs": "file"}),
    # The longest name that Helm takes.
    "long-name": Variant(EVERYTHING, release="r" * 53),
    "openshift": Variant(
        api_versions=("security.openshift.io/v1",),
        excused={
            **NOT_NAMED,
            **dict.fromkeys(
                ("H12", "H13", "CKV_K8S_40"), "OpenShift gives the pods their user and group"
            ),
        },
    ),
}
