"""What the check of an image says of components, whoever loads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chartgen.runtimes.langflow import check
from tests.flows_factory import component, flow, group, load, model

CODE = {"type": "code", "value": "import acme"}


def said(folder: Path, fault: BaseException | None, *flows: Any) -> list[str]:
    """The lines for flows as they are baked, when each of their components fails like this."""

    def fail(_: Any) -> None:
        print("hunter2")  # noqa: T201 - what a component may do
        if fault:
            raise fault

    for path, data in load(*flows).files.items():
        if path.startswith("app/flows/"):
            (folder / path.rpartition("/")[2]).write_bytes(data)
    return list(check.failures(folder, fail))


def wrapped(fault: BaseException) -> ValueError:
    """A fault as Langflow passes it on."""
    outer = ValueError(f"Error creating class: {fault}")
    outer.__cause__ = fault
    return outer


def test_what_can_be_loaded_is_not_mentioned(tmp_path: Path) -> None:
    assert said(tmp_path, None, flow(component(name="Acme", code=CODE))) == []


def test_a_missing_module_is_named_with_flow_and_component(tmp_path: Path) -> None:
    fault = wrapped(ModuleNotFoundError("No module named 'acme'", name="acme"))
    lines = said(tmp_path, fault, flow(component(name="Acme tool", code=CODE), name="Desk"))
    assert lines == ["Desk → Acme tool: the module acme is missing"]


def test_a_name_that_its_module_has_not_is_told_with_the_module(tmp_path: Path) -> None:
    fault = ImportError("cannot import name 'Tool' from 'acme.sub' (/x/acme.py)", name="acme.sub")
    (line,) = said(tmp_path, fault, flow(component(name="Acme", code=CODE)))
    assert line.endswith(": the module acme.sub has no Tool")


def test_a_module_that_fails_while_it_is_imported_is_named(tmp_path: Path) -> None:
    fault = ImportError("libacme.so: hunter2", name="acme.sub")
    (line,) = said(tmp_path, fault, flow(component(name="Acme", code=CODE)))
    assert line.endswith(": the module acme.sub cannot be imported")


@pytest.mark.parametrize("fault", [KeyError("hunter2"), SystemExit(0), RecursionError("hunter2")])
def test_of_any_other_fault_only_its_kind_is_told(
    tmp_path: Path, fault: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = said(tmp_path, wrapped(fault), flow(component(name="Acme", code=CODE)))
    assert line.endswith(f"Acme: its code cannot be loaded ({type(fault).__name__})")
    assert "hunter2" not in line + "".join(capsys.readouterr())


def test_components_inside_of_groups_are_looked_at_and_notes_are_not(tmp_path: Path) -> None:
    inner = component(node_id="Inner-1", name="Inner", code=CODE)
    note = {**component("note", "Note-1", code=CODE), "type": "noteNode"}
    lines = said(tmp_path, KeyError(), flow(group(inner), note))
    assert [line.split(" → ")[1].split(":")[0] for line in lines] == ["Inner"]


def test_an_interruption_ends_the_check(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        said(tmp_path, KeyboardInterrupt(), flow(component(code=CODE)))


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ({"type": "Acme"}, "Acme"),
        ({"type": "CustomComponent"}, "CustomComponent"),
        (
            {"type": "CustomComponent", "node": {"metadata": {"component_class_name": "Mine"}}},
            "Mine",
        ),
        ({"type": "ext:acme:Tool@official"}, "Tool"),
    ],
)
def test_the_class_is_the_one_that_the_flow_refers_to(data: dict[str, Any], name: str) -> None:
    assert check.class_name({"node": {}, **data}) == name


def test_only_models_of_a_provider_are_looked_up() -> None:
    chosen = model("OpenAI")["value"]
    assert list(check.models(chosen)) == chosen
    for nothing in ("", [], None, "connect_other_models", [{"name": "x"}], ["x"]):
        assert list(check.models(nothing)) == []
