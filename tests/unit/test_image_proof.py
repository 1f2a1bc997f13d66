"""Whether files bring a module, by the rules of Python's own import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from chartgen.image import proof, wheels
from chartgen.lock import Pin
from chartgen.model import Module, Use

USE = Use(flow="Support bot", component="Web search", field="")
OTHER = Use(flow="Triage", component="Reader", field="")
PIN = Pin(name="foo-bar", version="1.2", hashes=("sha256:" + "a" * 64,))

# What a folder holds, what is imported, and whether that is there.
CASES = [
    (["foo_bar/__init__.py"], "foo_bar", True),
    (["foo_bar/__init__.py"], "foo_bar.Client", True),
    (["six.py"], "six", True),
    (["six.py"], "seven", False),
    (["six.pyc"], "six", True),
    (["fast.cpython-314-x86_64-linux-gnu.so"], "fast", True),
    (["fast.abi3.so"], "fast", True),
    (["fast.so"], "fast", True),
    (["fast/__init__.cpython-314-x86_64-linux-gnu.so"], "fast.part", True),
    (["foo/_x.cpython-314-x86_64-linux-gnu.so", "foo/__init__.py"], "foo._x", True),
    (["google/genai/__init__.py"], "google.genai", True),
    (["google/genai/__init__.py"], "google.genai.types.Part", True),
    (["google/genai/__init__.py"], "google.cloud.storage", False),
    (["google/genai/__init__.py"], "google", True),
    (["google/cloud/storage/__init__.py"], "google.cloud.storage.Client", True),
    (["foo_bar-stubs/__init__.pyi"], "foo_bar", False),
    (["foo_bar/__init__.pyi"], "foo_bar.Client", False),
    (["foobar/__init__.py"], "foo_bar", False),
    (["Foo_Bar/__init__.py"], "foo_bar", False),
    (["src/foo_bar/__init__.py"], "foo_bar", False),
    (["foo_bar-1.2.dist-info/METADATA"], "foo_bar", False),
    (["foo_bar.txt", "foo_bar.pth", "foo_bar.py.typed"], "foo_bar", False),
    ([], "foo_bar", False),
    # What a package makes when it is loaded is its own matter.
    (["six.py"], "six.moves.urllib", True),
    (["foo_bar/__init__.py"], "foo_bar.made.by.code", True),
]


@pytest.mark.parametrize(("paths", "module", "there"), CASES)
def test_what_can_be_imported_is_told_by_the_names_of_files(
    paths: list[str], module: str, there: bool
) -> None:
    assert proof.importable(paths).look(module)[1] is there


@pytest.mark.parametrize(
    ("paths", "module"),
    [(paths, name) for paths, name, there in CASES if not there],
)
def test_what_is_said_to_be_missing_python_cannot_import_either(
    paths: list[str], module: str, tmp_path: Path
) -> None:
    for path in paths:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    above, _, name = module.rpartition(".")
    line = f"from {above} import {name}" if above else f"import {name}"
    program = f"import sys; sys.path = [{str(tmp_path)!r}, *sys.path[1:]]; {line}"
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-S", "-c", program], capture_output=True, text=True, check=False
    )
    assert "Error: " in done.stderr


def test_the_part_that_is_missing_is_named() -> None:
    found = proof.importable(["google/genai/__init__.py"])
    assert found.look("google.cloud.storage.Client") == ("google.cloud", False)
    assert found.look("foo_bar.tools.x") == ("foo_bar", False)


def lacking(module: str, *paths: str, package: str = "foo-bar", present: str = "") -> list[str]:
    modules = [Module(name=module, package=package, used_by=(USE, OTHER))]
    files = [f"{wheels.FOLDER}/{path}" for path in paths]
    return [
        f"{one.flow} → {one.component}: {one.message}"
        for one in proof.lacking(modules, files, [PIN], [present])
    ]


def test_who_imports_what_no_package_brings_is_told_with_what_was_taken_for_it() -> None:
    said = "the module foo_bar is in no package of the image: foo-bar 1.2 was taken for it"
    assert lacking("foo_bar.tools.Search", "foobar/__init__.py") == [
        f"Support bot → Web search: {said}",
        f"Triage → Reader: {said}",
    ]


def test_what_a_dependency_or_another_package_brings_is_there() -> None:
    assert lacking("foo_bar", "foobar/__init__.py", "foo_bar/__init__.py") == []


@pytest.mark.parametrize("present", ["foo_bar", "foo_bar.tools"])
def test_what_the_base_has_is_there(present: str) -> None:
    assert lacking("foo_bar.tools.Search", "foobar/__init__.py", present=present) == []


@pytest.mark.parametrize("package", ["Foo.Bar", "foo_bar[all]>=1,<2"])
def test_a_package_is_known_however_it_is_written(package: str) -> None:
    assert len(lacking("foo_bar", package=package)) == 2


def test_a_package_that_the_base_has_already_is_not_judged() -> None:
    assert lacking("foo_bar", package="in-the-base") == []
