"""What a user is told when no package brings a module that a flow imports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import cli as terminal
from tests import flows_factory, oci_base
from tests.wheel_index import Index

SITE = "app/.venv/lib/python3.14/site-packages"
RUNTIME = ("lfx-1.13.0", "langflow_base-1.13.0")
BASE = ("--base", "oci-layout:base")
PACKAGE = ("package", "flows", "--name", "bots", "--version", "1.0.0", "--builder", "oci", *BASE)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: Index) -> None:
    terminal.settle(tmp_path, monkeypatch)
    Path("flows/echo.json").unlink()


def lay(*files: str) -> None:
    """A base with Langflow and more files in its `site-packages`, in the layout `base`."""
    about = [f"{name}.dist-info/METADATA" for name in RUNTIME]
    content = [oci_base.file(f"{SITE}/{one}") for one in (*about, *files)]
    shelf = oci_base.Shelf()
    config = {"config": {"Env": ["PATH=/app/.venv/bin:/bin"]}}
    image = shelf.image(layers=[oci_base.tar(content)], config=config)
    shelf.write(Path("base"), {"1": image})


def add(line: str, name: str = "Support bot") -> None:
    """A flow with a component whose code has this line."""
    node = flows_factory.component(name="Web search", code={"type": "code", "value": line})
    Path(f"flows/{name}.json").write_text(json.dumps(flows_factory.flow(node, name=name)))


def test_a_package_that_brings_something_else_ends_the_lock_with_flow_component_and_module(
    index: Index,
) -> None:
    lay()
    index.wheel("foo_bar", "1.2", package="foobar")
    add("from foo_bar.tools import Search")
    done = terminal.run("lock", "flows", *BASE)
    assert (done.code, done.out) == (1, "")
    assert done.err.endswith(
        "error: the module foo_bar is in no package of the image: foo-bar 1.2 was taken for it "
        "[missing-module]\n"
        "  Support bot → Web search\n"
        "  → name the distribution that has it under `modules:` in chartgen.yaml (foo_bar: NAME), "
        'or say there that the base has it (foo_bar: ""), and run `chartgen lock` again\n'
        "chartgen: not every module that the flows import is in the image\n"
    )
    assert not Path("flows/chartgen.lock").exists()


def test_all_that_is_missing_is_told_at_once_and_as_data(index: Index) -> None:
    lay()
    for name in ("foo_bar", "some_tool", "fine_one"):
        index.wheel(name, "1.0", package=name.replace("_", "") if name != "fine_one" else name)
    add("import foo_bar\nimport some_tool\nimport fine_one")
    add("import foo_bar", "Triage")
    findings = terminal.run("lock", "flows", *BASE, "--output", "json").data["findings"]
    told = sorted((one["flow"], one["component"], one["message"].split()[2]) for one in findings)
    assert told == [
        ("Support bot", "Web search", "foo_bar"),
        ("Support bot", "Web search", "some_tool"),
        ("Triage", "Web search", "foo_bar"),
    ]


def test_a_flow_that_changed_after_the_lock_is_judged_when_it_is_packaged(index: Index) -> None:
    lay()
    index.wheel("foo_bar", "1.2", package="foobar")
    add("def later():\n    import foo_bar")
    assert terminal.run("lock", "flows", *BASE).code == 0
    assert terminal.run(*PACKAGE).code == 0
    add("import foo_bar")
    done = terminal.run(*PACKAGE, "--destination", "other")
    assert done.code == 1
    assert "the module foo_bar is in no package of the image: foo-bar 1.2 was taken" in done.err
    assert "  Support bot → Web search\n" in done.err
    assert not Path("other").exists()


def test_the_user_names_the_package_that_has_it(index: Index) -> None:
    lay()
    index.wheel("foo_bar_toolkit", "3.1", package="foo_bar")
    add("import foo_bar")
    Path("flows/chartgen.yaml").write_text("modules: {foo_bar: foo-bar-toolkit}\n")
    assert terminal.run("lock", "flows", *BASE).code == 0
    done = terminal.run(*PACKAGE, "--output", "json")
    assert done.code == 0, done.err
    assert done.data["packages"] == ["foo-bar-toolkit"]


def test_the_user_says_that_the_base_has_it_and_nothing_is_added() -> None:
    lay()
    add("import foo_bar")
    Path("flows/chartgen.yaml").write_text('modules: {foo_bar: ""}\n')
    done = terminal.run(*PACKAGE, "--output", "json")
    assert done.code == 0, done.err
    assert done.data["packages"] == []


def test_a_base_that_has_the_module_under_another_packages_name_is_fine(index: Index) -> None:
    lay("foo_bar/__init__.py", "acme_toolkit-2.0.dist-info/METADATA")
    index.wheel("foo_bar", "1.2", package="foobar")
    add("from foo_bar.tools import Search")
    assert terminal.run("lock", "flows", *BASE).code == 0
    assert json.loads(Path("flows/chartgen.lock").read_text())["modules"] == ["foo_bar"]
    assert terminal.run(*PACKAGE).code == 0


@pytest.mark.parametrize("tag", ["none", "source", "cp39-cp39-win_amd64"])
def test_a_package_that_cannot_be_had_is_told_with_who_needs_it(tag: str, index: Index) -> None:
    lay()
    if tag == "source":
        (index.folder / "foo-bar-1.2.tar.gz").write_bytes(b"")
    elif tag != "none":
        index.wheel("foo_bar", "1.2", tag=tag)
    index.wheel("fine_one", "1.0")
    add("import foo_bar.tools, fine_one")
    done = terminal.run("lock", "flows", *BASE)
    assert done.code == 1
    said = "the module foo_bar was looked for in foo-bar, which cannot be had [missing-module]"
    assert said in done.err
    assert "  Support bot → Web search\n" in done.err
    assert "the module fine_one" not in done.err
