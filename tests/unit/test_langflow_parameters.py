from __future__ import annotations

import json
from typing import Any

import pytest

from chartgen.model import Parameter, Selection
from tests.flows_factory import (
    FAKE_KEY,
    Json,
    codes,
    component,
    edge,
    field,
    flow,
    found,
    load,
    model,
    secret,
    template,
)

OPEN = [Selection(field="knob", name="KNOB")]


def opened(given: Json, **options: Any) -> Parameter:
    app = load(flow(component(knob=given)), parameters=OPEN, **options)
    assert codes(app) == []
    [parameter] = app.parameters
    return parameter


@pytest.mark.parametrize(
    ("kind", "old", "value", "type_", "default"),
    [
        ("IntInput", "int", 5, "integer", 5),
        ("IntInput", "int", "5", "integer", 5),
        ("IntInput", "int", 5.0, "integer", 5),
        ("IntInput", "int", 5.5, "integer", None),
        ("IntInput", "int", "", "integer", None),
        ("IntInput", "int", 10**400, "integer", None),
        ("FloatInput", "float", 0.5, "number", 0.5),
        ("FloatInput", "float", "0.5", "number", 0.5),
        ("FloatInput", "float", "nan", "number", None),
        ("SliderInput", "slider", 1, "number", 1),
        ("BoolInput", "bool", False, "boolean", False),
        ("BoolInput", "bool", "true", "boolean", True),
        ("BoolInput", "bool", None, "boolean", False),
        ("StrInput", "str", "x", "string", "x"),
        ("StrInput", "str", None, "string", None),
        ("MessageTextInput", "str", "x", "string", "x"),
        ("MultilineInput", "str", "a\nb", "string", "a\nb"),
        ("PromptInput", "prompt", "Say {x}", "string", "Say {x}"),
        ("QueryInput", "query", "x", "string", "x"),
        ("TabInput", "tab", "x", "string", "x"),
    ],
)
def test_a_field_becomes_a_parameter_of_its_type(
    kind: str, old: str, value: Any, type_: str, default: Any
) -> None:
    for given in (field(value, kind, type=old), {"type": old, "value": value}):
        parameter = opened(given)
        assert (parameter.type, parameter.required) == (type_, False)
        assert parameter.default == default
        assert type(parameter.default) is type(default)


@pytest.mark.parametrize("kind", ["StrInput", "MessageTextInput", "MultiselectInput"])
def test_lists_of_text_are_arrays(kind: str) -> None:
    parameter = opened(field(["a", "b"], kind, list=True, options=["a", "b", "c"]))
    assert (parameter.type, parameter.default, parameter.choices) == ("array", ("a", "b"), ())


def test_a_closed_list_has_choices_and_what_the_flow_has_is_among_them() -> None:
    given = field("c", "DropdownInput", options=["a", "b", "a"])
    assert opened(given).choices == ("a", "b", "c")


@pytest.mark.parametrize(
    "extra",
    [
        {"options": ["a"], "combobox": True},
        {"options": []},
        {"options": None},
        {"options": "abc"},
        {"options": [{"name": "a"}]},
        {"options": ["a", 1]},
    ],
)
def test_an_open_or_strange_list_has_no_choices(extra: Json) -> None:
    assert opened(field("x", "DropdownInput", **extra)).choices == ()


@pytest.mark.parametrize(
    ("spec", "bounds"),
    [
        ({"min": 0, "max": 2, "step": 0.1}, (0, 2)),
        ({"min": "0", "max": "2.5"}, (0.0, 2.5)),
        ({"min": 0}, (0, None)),
        ({"max": 2}, (None, 2)),
        ({"min": 1, "max": 2}, (0.5, 2)),
        ({"min": 3, "max": 2}, (None, None)),
        ({"min": [], "max": {}}, (None, None)),
        ("0-2", (None, None)),
        (None, (None, None)),
    ],
)
def test_a_range_is_kept_where_it_makes_sense_and_holds_the_default(
    spec: Any, bounds: tuple[Any, Any]
) -> None:
    parameter = opened(field(0.5, "SliderInput", type="slider", range_spec=spec))
    assert (parameter.minimum, parameter.maximum) == bounds


def test_a_text_has_no_range() -> None:
    assert opened(field("x", range_spec={"min": 0, "max": 1})).minimum is None


def test_the_description_is_the_given_one_or_the_editors() -> None:
    assert opened(field("x", info="How to\ngreet")).description == "How to greet"
    choice = Selection(field="knob", name="KNOB", description="The greeting")
    app = load(flow(component(knob=field("x", info="How"))), parameters=[choice])
    assert app.parameters[0].description == "The greeting"


def test_the_launcher_learns_where_to_write_and_in_which_type() -> None:
    node = component(knob=field(False, "BoolInput", type="bool", load_from_db=True))
    app = load(flow(component("B", "B-1"), node), parameters=OPEN)
    contract = json.loads(app.files["app/chartgen/contract.json"])
    assert contract["parameters"] == {"KNOB": "boolean"}
    [place] = contract["substitutions"]
    assert place == {
        "parameter": "KNOB",
        "file": "support-bot.json",
        "path": ["data", "nodes", 1, "data", "node", "template", "knob", "value"],
    }
    assert template(app, 1)["knob"].items() >= {"value": False, "load_from_db": False}.items()


def test_a_bound_field_that_is_opened_needs_no_variable_any_more() -> None:
    app = load(flow(component(knob=field("ACME_REGION", load_from_db=True))), parameters=OPEN)
    assert [p.name for p in app.parameters] == ["KNOB"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (secret(), "it is a secret field"),
        (model(), "a ModelInput has no plain value"),
        ({"type": "code", "value": "x"}, "a code has no plain value"),
        (field([], "TableInput", type="table"), "a TableInput has no plain value"),
        (field([{"name": "a"}], "SortableListInput"), "a SortableListInput has no plain value"),
        (field([1], "IntInput", list=True), "a IntInput has no plain value"),
        (field("", "FileInput", type="file"), "a FileInput has no plain value"),
    ],
)
def test_what_has_no_plain_value_cannot_be_opened(given: Json, words: str) -> None:
    app = load(flow(component(knob=given)), parameters=OPEN)
    finding = found(app, "no-parameter")
    assert (finding.level, finding.file, finding.field) == ("error", "0.json", "knob")
    assert words in finding.message


def test_a_fed_field_cannot_be_opened() -> None:
    app = load(flow(component(knob=field()), edges=[edge("Acme-1", "knob")]), parameters=OPEN)
    assert "another component feeds it" in found(app, "no-parameter").message


def test_one_parameter_may_set_several_alike_fields() -> None:
    nodes = [component("A", "A-1", knob=field("x")), component("B", "B-1", knob=field("x"))]
    app = load(flow(*nodes), parameters=OPEN)
    [parameter] = app.parameters
    assert ([use.component for use in parameter.used_by], codes(app)) == (["A", "B"], [])


@pytest.mark.parametrize(
    "other", [field("y"), field(1, "IntInput", type="int"), field("x", "TabInput", options=["x"])]
)
def test_one_parameter_cannot_set_fields_that_differ(other: Json) -> None:
    nodes = [component("A", "A-1", knob=field("x")), component("B", "B-1", knob=other)]
    finding = found(load(flow(*nodes), parameters=OPEN), "parameter-clash")
    assert (finding.level, finding.component) == ("error", "B")
    assert "Support bot → A → knob" in finding.message


def test_a_variable_that_is_bound_elsewhere_has_no_default_to_differ_in() -> None:
    bound = component("B", "B-1", url=field("KNOB", load_from_db=True))
    opened = component("A", "A-1", knob=field("x"))
    for nodes in ([opened, bound], [bound, opened]):
        app = load(flow(*nodes), parameters=OPEN)
        assert ([p.required for p in app.parameters], codes(app)) == ([True], [])


@pytest.mark.parametrize("given", [field("", "IntInput", type="int"), field("x")])
def test_a_parameter_cannot_have_a_credentials_name(given: Json) -> None:
    node = component(key=secret("KNOB"), knob=given)
    finding = found(load(flow(node), parameters=OPEN), "name-clash")
    assert finding.level == "error"
    assert "KNOB is a parameter and a credential" in finding.message


def test_a_parameter_whose_name_langflow_takes_for_itself_is_renamed() -> None:
    choice = Selection(field="knob", name="LANGFLOW_WORKERS")
    app = load(flow(component(knob=field("x"))), parameters=[choice])
    assert [p.name for p in app.parameters] == ["FLOW_LANGFLOW_WORKERS"]
    assert codes(app) == ["variable-renamed"]


def test_a_secret_in_an_opened_field_is_no_default() -> None:
    address = "postgres://ada:hunter2-hunter2@db/x"
    for text, value in ((f"Use {FAKE_KEY}", FAKE_KEY), (address, "hunter2-hunter2")):
        app = load(flow(component(knob=field(text))), parameters=OPEN)
        assert codes(app, "error") == ["literal-secret"]
        assert value not in repr(app)


def test_a_selection_that_meets_no_field_is_an_error() -> None:
    choice = Selection(field="knob", component="Acne", name="KNOB")
    finding = found(load(flow(component(knob=field())), parameters=[choice]), "no-such-field")
    assert "did you mean Support bot → Acme → knob?" in finding.fix
