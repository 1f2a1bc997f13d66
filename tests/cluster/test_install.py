"""helm install, for real: from the registry to flows that answer, and back to nothing."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import chart_variants
from tests.chart_pieces import OWN as OWN_VALUES
from tests.cluster import processes
from tests.cluster.cluster import Cluster
from tests.cluster.release import FULL, NAME, Helm, Packaged
from tests.standards import crds

BASH = "/bin/bash"
# What an installation may leave behind: nothing but what the namespace has of itself.
KINDS = "all,secret,configmap,serviceaccount,networkpolicy,pdb,ingress,pvc,hpa"
OWN = {"kube-root-ca.crt", "default"}


def by_digest(helm: Helm, packaged: Packaged) -> str:
    """The chart in the registry, by the digest that Helm says it has."""
    done = helm.run("pull", packaged.chart, "--version", packaged.version, "--plain-http")
    assert done.returncode == 0, done.stderr
    found = re.search(r"Digest: (sha256:[a-f0-9]{64})", done.stdout + done.stderr)
    assert found
    return f"{packaged.chart}@{found[1]}"


def test_the_release_is_installed_and_its_notes_call_every_flow(
    helm: Helm, examples: Packaged
) -> None:
    port = free_port()
    values = {**examples.values, "service": {"port": port}}
    chart = (examples.chart, "--version", examples.version, "--plain-http")
    helm.do("install", NAME, *chart, "--wait", "--timeout=5m", values=values)
    assert "flows are served as packaged" in helm.do("test", NAME, "--logs")

    said = follow(helm, helm.do("get", "notes", NAME))
    assert said.count('"session_id"') >= len(examples.report["flows"])
    assert "You said: Hello" in said

    # Helm's own default is as old as the Helm that was built without a version.
    server = json.loads(helm.cluster.run("get", "--raw=/version"))
    minor = ("--kube-version", server["gitVersion"])
    rendered = [helm.do("template", NAME, *chart, *minor, values=values) for _ in range(2)]
    assert rendered[0] == rendered[1]
    kept = [one for one in yaml.safe_load_all(rendered[0]) if one["kind"] != "Pod"]
    (helm.home / "rendered.yaml").write_text(yaml.safe_dump_all(kept))
    assert helm.kubectl("diff", f"--filename={helm.home}/rendered.yaml") == ""

    helm.do("uninstall", NAME, "--wait")
    helm.kubectl("delete", "pod", f"{FULL}-test", "--ignore-not-found")
    processes.wait(lambda: left(helm) == set(), "something is left", 90)
    digest = (by_digest(helm, examples), "--plain-http", "--wait", "--timeout=5m")
    helm.do("install", NAME, *digest, values=values)
    helm.do("uninstall", NAME, "--wait")
    processes.wait(lambda: left(helm) == set(), "something is left", 90)


def follow(helm: Helm, notes: str) -> str:
    """Run the commands that the notes print, as somebody who copies them: what they print."""
    commands = [line.strip() for line in notes.splitlines() if line.startswith("     ")]
    start = next(n for n, line in enumerate(commands) if "port-forward" in line)
    lines = [line for line in commands[start:] if "rollout restart" not in line]
    script = "\n".join([lines[0], "sleep 3", *lines[1:], "kill %1"])
    done = subprocess.run(  # noqa: S603 - what our own notes say
        [BASH, "-c", f"set -m\n{script}"],
        env={
            "PATH": f"{helm.cluster.kubectl.parent}:{os.environ['PATH']}",
            "KUBECONFIG": str(helm.cluster.kubeconfig),
            "HOME": str(helm.home),
            "NO_PROXY": "*",
        },
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr


def left(helm: Helm) -> set[str]:
    found = json.loads(helm.kubectl("get", KINDS, "--output=json"))["items"]
    names = {f"{one['kind']}/{one['metadata']['name']}" for one in found}
    return {name for name in names if name.partition("/")[2] not in OWN}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"credentials": {}}, "set credentials.LANGFLOW_API_KEY.value"),
        ({"replicaCount": 0}, "replicaCount"),
        ({"replicaCount": 6}, "replicaCount"),
        ({"replicas": 2}, "replicas"),
    ],
    ids=["credential", "none", "six", "typo"],
)
def test_what_is_wrong_is_refused_before_the_cluster_hears_of_it(
    helm: Helm, examples: Packaged, change: dict[str, Any], words: str
) -> None:
    values = {**examples.values, **change}
    done = helm.run("install", NAME, examples.archive, values=values)
    assert done.returncode != 0
    assert words in done.stderr
    assert left(helm) == set()


@pytest.fixture(scope="module")
def kinds(cluster: Cluster) -> None:
    """The cluster knows what objects of the chart name: operators' kinds, and a priority."""
    if cluster.logs is None:
        pytest.skip("nobody gives a cluster that may be in use by others new kinds of objects")
    for kind in crds.SOURCES:
        definition = crds.definition(kind)
        name = definition["metadata"]["name"]
        given = json.dumps(definition)
        cluster.run("apply", "--server-side", "--filename=-", given=given)
        processes.wait(partial(_is_known, cluster, name), f"{name} is not known")
    priority = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "value": 1000}
    named = {**priority, "metadata": {"name": OWN_VALUES["priorityClassName"]}}
    cluster.run("apply", "--server-side", "--filename=-", given=json.dumps(named))


def _is_known(cluster: Cluster, name: str) -> bool:
    status = cluster.get("crd", name).get("status") or {}
    known = {one["type"]: one["status"] for one in status.get("conditions") or []}
    return known.get("Established") == "True"


def pod_of(document: dict[str, Any]) -> dict[str, Any] | None:
    """The pod that an object makes: what Pod Security refuses is pods, and not their makers."""
    spec = document.get("spec") or {}
    template = (spec.get("jobTemplate") or {"spec": spec})["spec"].get("template")
    if not template or "containers" not in template.get("spec", {}):
        return None
    # An account that is not made here is no matter of Pod Security.
    wanted = {key: one for key, one in template["spec"].items() if key != "serviceAccountName"}
    about = {**template["metadata"], "name": f"pod-of-{document['kind'].lower()}"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": wanted}


@pytest.mark.usefixtures("kinds")
@pytest.mark.parametrize("variant", chart_variants.VARIANTS)
def test_the_api_server_takes_every_object_of_every_variant(
    helm4: Helm, variant: str, tmp_path: Path
) -> None:
    # The pod of `helm test` needs the account, which is not made here.
    every = chart_variants.rendered(variant).values()
    objects = [each for each in every if each["kind"] != "Pod"]
    objects += [pod for each in objects if (pod := pod_of(each))]
    for each in objects:
        each["metadata"].pop("namespace", None)
    file = tmp_path / "objects.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    said = helm4.kubectl("apply", "--dry-run=server", "--validate=strict", f"--filename={file}")
    assert said.count("created") == len(objects), said
