from __future__ import annotations

import os
from pathlib import Path

import pytest

from chartgen.errors import InvalidInput, Unavailable
from chartgen.image import uv, wheels
from chartgen.image.uv import Target
from chartgen.lock import Pin
from chartgen.oci import resolve
from tests.oci_base import AMD64, ARM64, Shelf
from tests.wheel_index import Index

AMD = Target(python="3.14", platform=resolve.platform("linux/amd64"))
ARM = Target(python="3.14", platform=resolve.platform("linux/arm64"))
RUNTIME = ("lfx==1.13.0",)
PRESENT = {"lfx": "1.13.0", "Present_One": "2.0"}


def names(pins: tuple[Pin, ...]) -> list[str]:
    return [f"{pin.name}=={pin.version}" for pin in pins]


def test_what_the_base_has_is_left_out_and_the_rest_is_pinned(index: Index) -> None:
    index.wheel("wanted", "1.0", "present-one>=2", "below")
    index.wheel("below", "3.1")
    pins = wheels.resolve(["wanted"], RUNTIME, PRESENT, AMD)
    assert names(pins) == ["below==3.1", "wanted==1.0"]
    assert all(len(pin.hashes) == 1 for pin in pins)


def test_the_newest_version_that_fits_the_base_is_taken(index: Index) -> None:
    index.wheel("wanted", "1.0", "present-one>=1", "lfx>=1.13.0")
    index.wheel("wanted", "2.0", "present-one>=2.1")
    index.wheel("wanted", "3.0", "lfx>=1.14.0.dev0")
    assert names(wheels.resolve(["wanted"], RUNTIME, PRESENT, AMD)) == ["wanted==1.0"]


def test_what_fits_no_version_of_the_base_is_refused_by_name(index: Index) -> None:
    index.wheel("wanted", "2.0", "present-one>=2.1")
    with pytest.raises(InvalidInput, match=r"(?s)^wanted cannot .* for Python 3.14 on linux/amd64"):
        wheels.resolve(["wanted"], RUNTIME, PRESENT, AMD)


def test_a_base_whose_versions_are_unknown_is_refused(index: Index) -> None:
    with pytest.raises(InvalidInput, match=r"in which versions the base has lfx.*--builder docker"):
        wheels.resolve(["wanted"], (), {"lfx": ""}, AMD)


def test_an_extra_of_what_the_base_has_brings_what_it_lacks(index: Index) -> None:
    index.wheel("present_one", "2.0", "below; extra == 'more'")
    index.wheel("below", "3.1")
    assert names(wheels.resolve(["present-one[more]"], RUNTIME, PRESENT, AMD)) == ["below==3.1"]


def test_each_platform_gets_its_own_wheels(index: Index) -> None:
    for machine in ("x86_64", "aarch64"):
        tag = f"cp314-cp314-manylinux_2_28_{machine}"
        index.wheel("wanted", "1.0", tag=tag, files={"wanted/x.so": machine.encode()})
    found = {}
    for target in (AMD, ARM):
        pins = wheels.resolve(["wanted"], RUNTIME, PRESENT, target)
        found[target] = wheels.files(pins, target)[f"{wheels.FOLDER}/wanted/x.so"]
    assert list(found.values()) == [b"x86_64", b"aarch64"]


def test_what_has_no_wheel_is_refused_with_its_name_and_the_way_out(index: Index) -> None:
    (index.folder / "wanted-1.0.tar.gz").write_bytes(b"")
    with pytest.raises(InvalidInput, match=r"(?s)wanted cannot be had as wheels.*--builder docker"):
        wheels.resolve(["wanted"], RUNTIME, PRESENT, AMD)


def test_a_platform_without_wheels_is_refused() -> None:
    target = Target(python="3.14", platform=resolve.platform("linux/s390x"))
    with pytest.raises(InvalidInput, match=r"linux/s390x cannot .* --builder docker .*amd64, arm6"):
        wheels.resolve(["wanted"], RUNTIME, PRESENT, target)


@pytest.mark.parametrize("text", ["-r /etc/passwd", "--index-url=http://x", "a @ http://x", "a\nb"])
def test_what_is_no_plain_requirement_never_reaches_uv(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not a package to install"):
        wheels.resolve([text], RUNTIME, PRESENT, AMD)


def test_the_files_are_the_same_each_time_and_hold_no_notes_of_the_installer(index: Index) -> None:
    index.wheel("wanted", "1.0", files={"wanted/__pycache__/a.pyc": b"x"})
    pins = wheels.resolve(["wanted"], RUNTIME, PRESENT, AMD)
    first = wheels.files(pins, AMD)
    assert list(first.items()) == list(wheels.files(pins, AMD, offline=True).items())
    about = f"{wheels.FOLDER}/wanted-1.0.dist-info"
    assert sorted(first) == [
        f"{about}/METADATA",
        f"{about}/RECORD",
        f"{about}/WHEEL",
        f"{about}/entry_points.txt",
        f"{wheels.FOLDER}/wanted/__init__.py",
    ]
    listed = [line.split(",")[0] for line in first[f"{about}/RECORD"].decode().splitlines()]
    assert sorted(f"{wheels.FOLDER}/{path}" for path in listed) == sorted(first)


def test_two_packages_with_different_files_of_one_name_are_refused(index: Index) -> None:
    for name in ("one", "two"):
        index.wheel(name, "1.0", files={"shared/__init__.py": name.encode()})
    pins = wheels.resolve(["one", "two"], RUNTIME, PRESENT, AMD)
    with pytest.raises(InvalidInput, match=r"bring shared/__init__.py, each its own"):
        wheels.files(pins, AMD)


def test_a_wheel_with_other_content_than_was_locked_is_refused(index: Index) -> None:
    index.wheel("wanted", "1.0")
    pins = (Pin(name="wanted", version="1.0", hashes=("sha256:" + "0" * 64,)),)
    with pytest.raises(InvalidInput, match=r"(?i)wanted==1.0 cannot .*hash"):
        wheels.files(pins, AMD)


def test_no_package_needs_no_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert wheels.files((), AMD) == {}


def test_a_missing_uv_is_told_with_both_ways_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with pytest.raises(Unavailable, match="`pip install uv`; or --builder docker"):
        wheels.resolve(["wanted"], RUNTIME, PRESENT, AMD)


def test_an_index_that_does_not_answer_is_unavailable(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UV_CONFIG_FILE")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(Unavailable, match="the Python packages wanted cannot be fetched"):
        wheels.resolve(["wanted"], RUNTIME, PRESENT, AMD)
    with pytest.raises(Unavailable, match="the Python packages wanted cannot be fetched"):
        wheels.resolve(["wanted"], RUNTIME, PRESENT, AMD, offline=True)


def test_a_uv_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "uv"
    fake.write_text("#!/bin/sh\nexec sleep 60\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("sys.executable", str(tmp_path / "bin" / "python"))
    monkeypatch.setattr(uv, "SECONDS", 0.2)
    with pytest.raises(Unavailable, match="uv was not done"):
        wheels.resolve(["wanted"], RUNTIME, PRESENT, AMD)


def test_the_packages_stand_before_what_the_base_puts_on_the_path() -> None:
    base = Shelf()
    config = {"config": {"Env": ["PATH=/bin", "PYTHONPATH=/app/lib"]}}
    images = [base.image(platform=one, config=config) for one in (AMD64, ARM64)]
    base.index([base.entry(images[0], AMD64), base.entry(images[1], ARM64)], tag="1.0")
    found = wheels.environment(resolve.resolve(base, "1.0"))
    assert found == {"PYTHONPATH": "/app/chartgen/packages:/app/lib"}


@pytest.mark.parametrize(("own", "wanted"), [(None, "true"), ("false", "false")])
def test_the_authorities_of_the_system_are_trusted_unless_the_user_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own: str | None, wanted: str
) -> None:
    program = tmp_path / "uv"
    program.write_text('#!/bin/sh\necho "$UV_SYSTEM_CERTS"\n')
    program.chmod(0o755)
    monkeypatch.setattr(uv, "command", lambda: str(program))
    if own is None:
        monkeypatch.delenv("UV_SYSTEM_CERTS", raising=False)
    else:
        monkeypatch.setenv("UV_SYSTEM_CERTS", own)
    assert uv.run(["install"], str(tmp_path), ["six"], AMD)[1].strip() == wanted
