"""The chart's backup, run as its pod is written: a real pg_dump, and a real rclone."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from docker.models.networks import Network

from chartgen import chart
from tests import helm
from tests.integration.engine import Engine
from tests.runtime import pod, postgres, services, volumes
from tests.runtime.bucket import Bucket
from tests.runtime.postgres import Postgres
from tests.sample import sample_app, sample_image

FILES = chart.build(sample_app(), sample_image()).files
PASSWORD = "p@ss:w/rd%20#$(HOME)'\" \\"
KEYS = {"AWS_ACCESS_KEY_ID": b"THE-KEY", "AWS_SECRET_ACCESS_KEY": b"the-secret"}
AS = pytest.mark.parametrize("credentials_as", ["env", "file"])


@pytest.fixture(scope="module")
def address(network: Network) -> str:
    return str(network.attrs["IPAM"]["Config"][0]["Gateway"])


@pytest.fixture(scope="module")
def database(address: str) -> Iterator[Postgres]:
    with postgres.server(address, password=PASSWORD) as started:
        started.ask("CREATE TABLE kept (word text)")
        started.ask("INSERT INTO kept VALUES ('here')")
        yield started


@pytest.fixture(scope="module")
def image(engine: Engine) -> Iterator[str]:
    made = services.image(engine)
    yield made
    engine.client.images.remove(made, force=True)


@pytest.fixture
def claim(tmp_path: Path) -> Path:
    folder = tmp_path / "claim"
    folder.mkdir()
    return folder


def backup(database: Postgres, credentials_as: str, **backup: Any) -> helm.Objects:
    """Render the chart with a backup of a database."""
    parts = {
        "host": database.address,
        "port": database.port,
        "name": postgres.USER,
        "user": postgres.USER,
        "password": {"value": PASSWORD},
    }
    changes = {"credentialsAs": credentials_as, "database": parts, "backup": backup}
    return helm.objects(FILES, {**copy.deepcopy(helm.values_of(FILES)), **changes})


def run(
    rendered: helm.Objects,
    engine: Engine,
    network: Network,
    folder: Path,
    claim: Path,
    *,
    step: str,
    secrets: Mapping[str, bytes] | None = None,
) -> str:
    """Run one container of the backup's pod: what it said. `claim` is where the dumps are."""
    template = copy.deepcopy(rendered["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"])
    every = [*template.pop("initContainers", []), *template["containers"]]
    template["containers"] = [one for one in every if one["name"] == step]
    for volume in template["volumes"]:
        if volume["name"] == "backup" and "emptyDir" in volume:
            # The steps share it.
            volume.update(emptyDir=None, persistentVolumeClaim={"claimName": "shared"})
    claims = {"demo-support-backup": claim, "shared": claim}
    store = volumes.stored(rendered, {("Secret", "bucket"): dict(secrets or {})})
    arguments = pod.read_job(template, folder, store, claims)
    container = engine.client.containers.create(**arguments, network=network.name)
    try:
        container.start()
        code = container.wait(timeout=60)["StatusCode"]
        said = container.logs().decode()
        assert code == 0, said
        return str(said)
    finally:
        container.remove(force=True, v=True)


@AS
def test_a_dump_lies_in_the_claim_and_can_be_restored(
    database: Postgres,
    engine: Engine,
    network: Network,
    image: str,
    tmp_path: Path,
    claim: Path,
    credentials_as: str,
) -> None:
    rendered = backup(database, credentials_as, enabled=True, image=image)
    assert run(rendered, engine, network, tmp_path / "v", claim, step="dump") == ""
    (dump,) = claim.iterdir()
    assert dump.name.startswith("postgres-")
    assert dump.stat().st_mode & 0o007 == 0
    database.ask("DROP TABLE kept")
    database.run("pg_restore", "--dbname=postgres", str(dump))
    assert database.ask("SELECT word FROM kept") == [["here"]]


def test_no_more_dumps_are_kept_than_were_asked_for(
    database: Postgres, engine: Engine, network: Network, image: str, tmp_path: Path, claim: Path
) -> None:
    for day in range(1, 5):
        (claim / f"postgres-2026010{day}T030000Z.dump").touch()
    rendered = backup(database, "env", enabled=True, image=image, keep=3)
    run(rendered, engine, network, tmp_path / "v", claim, step="dump")
    first, second, new = sorted(path.name for path in claim.iterdir())
    assert (first, second) == ("postgres-20260103T030000Z.dump", "postgres-20260104T030000Z.dump")
    assert new > second


@AS
def test_a_dump_goes_to_a_bucket(
    database: Postgres,
    engine: Engine,
    network: Network,
    image: str,
    address: str,
    tmp_path: Path,
    claim: Path,
    credentials_as: str,
) -> None:
    with Bucket(address).serve() as bucket:
        place = {"bucket": "backups/flows", "endpoint": bucket.url, "existingSecret": "bucket"}
        rendered = backup(
            database, credentials_as, enabled=True, image=image, s3={**place, "image": image}
        )
        run(rendered, engine, network, tmp_path / "1", claim, step="dump", secrets=KEYS)
        said = run(rendered, engine, network, tmp_path / "2", claim, step="upload", secrets=KEYS)
    (dump,) = claim.iterdir()
    assert bucket.files == {f"/backups/flows/{dump.name}": dump.read_bytes()}
    assert all("Credential=THE-KEY/" in line for line in bucket.signed)
    assert "the-secret" not in said
