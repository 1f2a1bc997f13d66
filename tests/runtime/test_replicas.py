"""Several pods on one PostgreSQL behind a balancer: started at once, killed, replaced, upgraded."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from docker.models.networks import Network

from tests.integration.engine import Engine
from tests.runtime import mcp, postgres, variants
from tests.runtime import release as releases
from tests.runtime.balancer import answered, balancer
from tests.runtime.cluster import CALLERS, REPLICAS, Cluster, failed, load
from tests.runtime.release import Release
from tests.runtime.test_flows_answer import text_of

pytestmark = pytest.mark.docker

FLOWS = (
    variants.echo(),
    variants.signed_webhook(),
    variants.coded("Recall", variants.RECALL),
    variants.coded("Slow", variants.SLOW),
)
# One is changed, one is exported anew with another id, and one with its messages is gone.
NEXT = (
    variants.echo("You wrote: {message}"),
    variants.signed_webhook("again"),
    variants.coded("Slow", variants.SLOW),
)


@pytest.fixture(scope="module")
def cluster(
    engine: Engine, network: Network, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    network.reload()
    address = network.attrs["IPAM"]["Config"][0]["Gateway"]
    with ExitStack() as stack:
        database = stack.enter_context(postgres.server(address))
        yield Cluster(
            engine=engine,
            network=network,
            database=database,
            folder=tmp_path_factory.mktemp("pods"),
            stack=stack,
        )


@pytest.fixture(scope="module")
def first(base: str, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    folder = tmp_path_factory.mktemp("first")
    flows = variants.write(folder / "flows", "1.0.0", *FLOWS)
    with releases.release(base, engine, folder, flows, {}) as made:
        yield made


@pytest.fixture(scope="module")
def following(
    base: str, engine: Engine, first: Release, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Release]:
    """The next release, installed with the values of the first."""
    folder = tmp_path_factory.mktemp("following")
    flows = variants.write(folder / "flows", "1.1.0", *NEXT)
    with releases.release(base, engine, folder, flows, {}) as made:
        yield dataclasses.replace(made, values=first.values)


@pytest.fixture(scope="module")
def three(cluster: Cluster, first: Release, tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """Three pods, started at once on an empty database."""
    assert cluster.database.ask(
        "SELECT count(*) FROM pg_tables WHERE tableowner = 'postgres' AND schemaname = 'public'"
    ) == [["0"]]
    cluster.pods = cluster.start(first, REPLICAS)
    made = balancer(cluster.database.address, tmp_path_factory.mktemp("balancer"), cluster.pods)
    cluster.service = cluster.stack.enter_context(made)
    return cluster


def test_replicas_that_start_at_once_on_an_empty_database_share_one_set_of_flows(
    three: Cluster, first: Release
) -> None:
    stored = three.database.ask("SELECT id, endpoint_name FROM flow ORDER BY endpoint_name")
    assert stored == sorted(
        ([flow["id"], flow["endpoint"]] for flow in first.report["flows"]), key=lambda row: row[1]
    )
    assert three.database.ask('SELECT count(*) FROM "user"') == [["1"]]


def test_requests_are_spread_over_all_replicas(three: Cluster, first: Release) -> None:
    answers = [three.say(first, "echo", str(number)) for number in range(2 * REPLICAS)]
    assert [text_of(one) for one in answers] == [f"You said: {n}" for n in range(2 * REPLICAS)]
    assert Counter(map(answered, answers)) == {pod.url: 2 for pod in three.pods}


def test_a_conversation_goes_on_with_another_replica(three: Cluster, first: Release) -> None:
    answers = [three.say(first, "recall", one, session_id="ours") for one in "abc"]
    assert [text_of(one) for one in answers] == ["a", "a, b", "a, b, c"]
    assert len(set(map(answered, answers))) == REPLICAS


def test_each_pod_keeps_to_its_pool_of_connections(three: Cluster) -> None:
    used = three.database.ask(
        "SELECT client_addr, count(*) FROM pg_stat_activity "
        "WHERE client_addr IS NOT NULL GROUP BY client_addr"
    )
    assert len(used) >= REPLICAS
    assert all(int(number) <= 15 for _, number in used), used


def test_a_killed_replica_is_missed_by_nobody_once_it_is_taken_out(
    three: Cluster, first: Release
) -> None:
    assert three.service is not None
    dead, *left = three.pods
    with load(lambda: three.say(first, "echo", "x")) as told:
        time.sleep(2)
        dead.container.kill("SIGKILL")
        # The time in which a cluster notices: nothing here sends a request again.
        time.sleep(2)
        three.service.send_to(*left)
        noticed = time.monotonic()
        time.sleep(4)
    three.pods = left
    assert failed(told, since=noticed) == []
    assert len([begun for begun, _ in told if begun > noticed]) > CALLERS


def test_a_running_request_is_answered_by_a_pod_that_has_to_end(
    three: Cluster, first: Release
) -> None:
    assert three.service is not None
    pod = three.pods[0]
    with ThreadPoolExecutor(1) as caller:
        answer = caller.submit(
            pod.ask, "POST", "/api/v1/run/slow", key=first.key, body={"input_value": "x"}
        )
        time.sleep(1)
        pod.container.stop(timeout=pod.grace)
        assert text_of(answer.result()) == "at last"
    three.pods = three.pods[1:]
    three.service.send_to(*three.pods)


def test_a_credential_is_changed_under_load_without_a_failed_request(
    three: Cluster, first: Release
) -> None:
    name, renewed = "ACME_SIGNING_KEY", secrets.token_urlsafe()
    credentials = {**first.values["credentials"], name: {"value": renewed}}
    with load(lambda: three.say(first, "signed-webhook", "hello")) as told:
        fresh = three.start(first, 1, credentials=credentials)
        three.replace(*fresh)
        time.sleep(1)
    assert failed(told) == []
    wanted = hmac.new(renewed.encode(), b"hello", hashlib.sha256).hexdigest()
    assert text_of(three.say(first, "signed-webhook", "hello")) == f"signature={wanted}"


def test_a_new_release_replaces_the_flows_of_the_former_and_goes_back(
    three: Cluster, first: Release, following: Release
) -> None:
    def listed(release: Release) -> set[str]:
        return set(mcp.tools(three.front, release))

    former, fresh = three.pods[0], three.start(following, 1)
    told: Any = {"key": first.key, "body": {"input_value": "hi"}}
    assert text_of(former.ask("POST", "/api/v1/run/echo", **told)) == "You wrote: hi"
    assert former.ask("POST", "/api/v1/run/recall", **told).status_code == 404

    three.replace(*fresh)
    assert text_of(three.say(following, "echo", "hi")) == "You wrote: hi"
    assert three.say(following, "recall", "hi").status_code == 404
    assert text_of(three.say(following, variants.signed_webhook("again")["id"], "hi"))
    assert listed(following) == {"echo", "signed_webhook", "slow"}
    assert len(three.database.ask("SELECT id FROM flow")) == len(NEXT)

    three.replace(*three.start(first, 1))
    assert text_of(three.say(first, "echo", "hi")) == "You said: hi"
    assert text_of(three.say(first, "recall", "hi", session_id="ours")) == "hi"
    assert listed(first) == {"echo", "recall", "signed_webhook", "slow"}


def test_a_backup_brings_the_conversations_back(
    three: Cluster, first: Release, tmp_path: Path
) -> None:
    """The commands of docs/operations.md."""
    file, url = str(tmp_path / "support-bots.dump"), three.database.url
    assert text_of(three.say(first, "recall", "before", session_id="kept")) == "before"
    three.database.run("pg_dump", "--format=custom", "--no-owner", f"--file={file}", url)
    for pod in three.pods:
        pod.stop()
    three.database.ask("DELETE FROM message")
    options = ("--clean", "--if-exists", "--no-owner", "--single-transaction", f"--dbname={url}")
    three.database.run("pg_restore", *options, file)
    three.pods = three.start(first, 1)
    answer = three.pods[0].ask(
        "POST",
        "/api/v1/run/recall",
        key=first.key,
        body={"input_value": "after", "session_id": "kept"},
    )
    assert text_of(answer) == "before, after"
