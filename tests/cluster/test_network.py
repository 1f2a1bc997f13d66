"""The chart's network policies, enforced: what the pods reach, and who reaches them."""

from __future__ import annotations

import json
import socket
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests import loopback
from tests.cluster import objects, processes
from tests.cluster.release import FULL, NAME, Helm, Packaged, parts
from tests.runtime.postgres import Postgres

DNS = "kube-dns.kube-system.svc.cluster.local:53"
METADATA = "169.254.169.254:80"
FRIEND = "friend"
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


@dataclass(frozen=True, kw_only=True)
class Installed:
    """A release that a friend alone may call, and pods of others around it."""

    helm: Helm
    elsewhere: str
    web: str

    def from_the_pod(self, *places: str) -> list[str]:
        """Which places the release's pod reaches."""
        command = ("exec", f"deployment/{FULL}", "--", "python", "-c", CONNECT)
        said = self.helm.kubectl(*command, *places).splitlines()
        return [place for place in places if f"{place} yes" in said]

    def from_a_pod(self, name: str, url: str, namespace: str = "") -> str:
        """What a pod of somebody else's gets for a URL."""
        where = f"--namespace={namespace or self.helm.namespace}"
        asked = ("timeout", "5", "wget", "-q", "-O", "-", url)
        return self.helm.cluster.run(where, "exec", name, "--", *asked, check=False)


@pytest.fixture(scope="module")
def installed(helm4: Helm, examples: Packaged, database: Postgres) -> Iterator[Installed]:
    elsewhere = f"chartgen-{uuid.uuid4().hex[:8]}"
    cluster = helm4.cluster
    cluster.run("create", "namespace", elsewhere)
    try:
        for namespace, names in ((helm4.namespace, (FRIEND, "other")), (elsewhere, (FRIEND,))):
            for name in names:
                pod = objects.pod(cluster, name, objects.SERVE)
                where = (f"--namespace={namespace}", "--filename=-")
                cluster.run("create", *where, given=json.dumps(pod))
                cluster.run(
                    "wait", f"--namespace={namespace}", "--for=condition=Ready", "pod/" + name
                )
        made = cluster.get("pod", FRIEND, f"--namespace={elsewhere}")
        web = f"{made['status']['podIP']}:8080"
        peers = [{"podSelector": {"matchLabels": {"app": FRIEND}}}]
        values = {
            **examples.values,
            "database": parts(database),
            "networkPolicy": {"ingressFrom": peers},
        }
        helm4.do("install", NAME, examples.archive, "--wait", "--timeout=5m", values=values)
        yield Installed(helm=helm4, elsewhere=elsewhere, web=web)
    finally:
        cluster.run("delete", "namespace", elsewhere, "--wait=false")


def assert_closed_outside(service: str) -> None:
    """This machine, which is no pod of the cluster, does not get through."""
    host, _, port = service.removeprefix("http://").partition(":")
    with pytest.raises(OSError, match=r"refused|timed out"):
        socket.create_connection((host, int(port)), 3)


def test_a_pod_reaches_names_https_and_its_database_and_nothing_else(
    installed: Installed, database: Postgres
) -> None:
    cluster = installed.helm.cluster
    shared = f"{database.address}:{database.port}"
    with ExitStack() as stack:

        def web(address: str, port: int = 0) -> str:
            server = loopback.Server(loopback.Hello, address, port)
            return stack.enter_context(server.serve()).host

        # 443 is open to public addresses, and this machine's is private.
        closed = [web(cluster.address), web(cluster.address, 443), installed.web]
        opened = [DNS, shared]
        if cluster.public:
            opened.append(web(cluster.public, 443))
            closed.append(web(cluster.public))
        assert installed.from_the_pod(*opened, *closed, METADATA) == opened
        # A pod that no policy is for does reach them.
        for place in closed:
            assert installed.from_a_pod("other", f"http://{place}"), place


def test_only_who_is_named_reaches_the_flows(installed: Installed) -> None:
    service = installed.helm.address(FULL)
    assert "ok" in installed.from_a_pod(FRIEND, f"{service}/health")
    assert "ok" not in installed.from_a_pod("other", f"{service}/health")
    # A peer without a namespace is one of the release's own namespace.
    assert "ok" not in installed.from_a_pod(FRIEND, f"{service}/health", installed.elsewhere)
    assert_closed_outside(service)


def test_helm_test_gets_through_to_the_flows(installed: Installed) -> None:
    assert "flows are served as packaged" in installed.helm.do("test", NAME, "--logs")


def test_a_private_release_is_open_to_every_pod_of_the_cluster(
    installed: Installed, examples: Packaged
) -> None:
    helm, service = installed.helm, installed.helm.address(FULL)
    everybody: dict[str, Any] = {"networkPolicy": {"ingressFrom": []}}
    helm.do("upgrade", NAME, examples.archive, "--reset-then-reuse-values", values=everybody)
    for name, namespace in (("other", helm.namespace), (FRIEND, installed.elsewhere)):
        health = f"{service}/health"
        processes.wait(
            lambda: "ok" in installed.from_a_pod(name, health, namespace),  # noqa: B023 - asked at once
            f"{name} in {namespace} does not get through",
        )
    assert_closed_outside(service)
