"""helm install, for real: from the registry to flows that answer, and back to nothing."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import chart_variants
from tests.cluster import processes
from tests.cluster.cluster import Cluster
from tests.cluster.release import CHART, Helm, Packaged
from tests.standards import crds

NAME = "demo"
FULL = f"{NAME}-{CHART}"
BASH = "/bin/bash"
# What an installation may leave behind: nothing but what the namespace has of itself.
KINDS = "all,secret,configmap,serviceaccount,networkpolicy,pdb,ingress,pvc,hpa"
OWN = {"kube-root-ca.crt", "default"}
CONNECT = (
    "import socket, sys\n"
    "for place in sys.argv[1:]:\n"
    "    host, _, port = place.rpartition(':')\n"
    "    try:\n"
    "        socket.create_connection((host, int(port)), 3).close()\n"
    "    except OSError:\n"
    "        print(place, 'no')\n"
    "    else:\n"
    "        print(place, 'yes')\n"
)


def chart_of(helm: Helm, packaged: Packaged) -> tuple[str, ...]:
    """The chart in the registry: by its version for Helm 3, by its digest for Helm 4."""
    place = packaged.chart
    if helm.version == "helm3":
        return place, "--version", packaged.version, "--plain-http"
    shown = helm.do("show", "chart", place, "--version", packaged.version, "--plain-http")
    assert yaml.safe_load(shown)["version"] == packaged.version
    found = re.search(r"Digest: (sha256:[a-f0-9]{64})", _pulled(helm, place, packaged))
    assert found
    return f"{place}@{found[1]}", "--plain-http"


def _pulled(helm: Helm, place: str, packaged: Packaged) -> str:
    done = helm.run("pull", place, "--version", packaged.version, "--plain-http")
    assert done.returncode == 0, done.stderr
    return str(done.stdout + done.stderr)


def test_the_release_is_installed_and_its_notes_call_every_flow(
    helm: Helm, examples: Packaged
) -> None:
    port = free_port()
    values = {**examples.values, "service": {"port": port}}
    chart = chart_of(helm, examples)
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
    (helm.home / "rendered.yaml").write_text(rendered[0])
    kept = [one for one in yaml.safe_load_all(rendered[0]) if one["kind"] != "Pod"]
    (helm.home / "rendered.yaml").write_text(yaml.safe_dump_all(kept))
    assert helm.kubectl("diff", f"--filename={helm.home}/rendered.yaml") == ""

    reaches(helm)

    helm.do("uninstall", NAME, "--wait")
    helm.kubectl("delete", "pod", f"{FULL}-test", "--ignore-not-found")
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


def reaches(helm: Helm) -> None:
    """What the pod reaches, and who reaches it, is what the policy says."""
    address = helm.cluster.address
    with listening(address) as other, listening(address, 443) as web:
        places = ("kube-dns.kube-system.svc.cluster.local:53", web, other, "169.254.169.254:80")
        said = helm.kubectl(
            "exec", f"deployment/{FULL}", "--", "python", "-c", CONNECT, *places
        ).splitlines()
    # 443 is open to public addresses, and this machine's is private.
    assert said == [f"{places[0]} yes", f"{web} no", f"{other} no", "169.254.169.254:80 no"]
    # Not a pod of the cluster.
    host, _, port = helm.address(FULL).removeprefix("http://").partition(":")
    with pytest.raises(OSError, match=r"refused|timed out"):
        socket.create_connection((host, int(port)), 3)


def left(helm: Helm) -> set[str]:
    found = json.loads(helm.kubectl("get", KINDS, "--output=json"))["items"]
    names = {f"{one['kind']}/{one['metadata']['name']}" for one in found}
    return {name for name in names if name.partition("/")[2] not in OWN}


@contextmanager
def listening(address: str, port: int = 0) -> Iterator[str]:
    """A port of this machine that takes connections."""
    with socket.create_server((address, port)) as server:
        yield f"{address}:{server.getsockname()[1]}"


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
    """The cluster knows the objects of operators that the chart has objects for."""
    if cluster.logs is None:
        pytest.skip("nobody gives a cluster that may be in use by others new kinds of objects")
    for kind in crds.SOURCES:
        definition = crds.definition(kind)
        name = definition["metadata"]["name"]
        given = json.dumps(definition)
        cluster.run("apply", "--server-side", "--filename=-", given=given)
        processes.wait(partial(_is_known, cluster, name), f"{name} is not known")


def _is_known(cluster: Cluster, name: str) -> bool:
    status = cluster.get("crd", name).get("status") or {}
    known = {one["type"]: one["status"] for one in status.get("conditions") or []}
    return known.get("Established") == "True"


@pytest.mark.usefixtures("kinds")
@pytest.mark.parametrize("variant", chart_variants.VARIANTS)
def test_the_api_server_takes_every_object_of_every_variant(
    helm4: Helm, variant: str, tmp_path: Path
) -> None:
    # The pod of `helm test` needs the account, which is not made here.
    every = chart_variants.rendered(variant).values()
    objects = [each for each in every if each["kind"] != "Pod"]
    for each in objects:
        each["metadata"].pop("namespace", None)
    file = tmp_path / "objects.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    said = helm4.kubectl("apply", "--dry-run=server", "--validate=strict", f"--filename={file}")
    assert said.count("created") == len(objects), said
