from __future__ import annotations

import pytest

from chartgen import report
from chartgen.model import App
from chartgen.runtimes.langflow import formats, literals
from tests.flows_factory import codes, component, field, flow, found, load, secret
from tests.planting import decoys, kinds, planted
from tests.planting.planted import Planted

LEAST_PLANTED, LEAST_DECOYS, MEASURED = 80, 40, 26


def shown(app: App) -> str:
    """All that people see of an application."""
    return repr(app) + report.dump(report.of(app))


def test_the_set_is_as_large_as_it_says_and_every_flow_of_it_is_another() -> None:
    flows = [repr(one.flow) for one in planted.every()]
    assert len({*flows}) == len(flows) >= LEAST_PLANTED
    assert len([*planted.measured()]) == MEASURED
    names = [decoy.name for decoy in decoys.every()]
    assert len({*names}) == len(names) >= LEAST_DECOYS


def test_every_planted_secret_is_in_its_flow() -> None:
    for one in planted.every():
        assert one.secret in repr(one.flow) or one.secret in str(one.flow).replace("\\n", "\n")


@pytest.mark.parametrize("one", planted.every(), ids=lambda one: one.name)
def test_each_planted_secret_is_found_in_its_place_and_never_shown(one: Planted) -> None:
    app = load(one.flow)
    assert {(f.code, f.at) for f in app.findings if f.level == "error"} == {(one.code, one.at)}
    assert one.secret not in shown(app)


@pytest.mark.parametrize("one", planted.every(), ids=lambda one: one.name)
def test_a_planted_secret_is_cut_out_where_a_variable_works_and_refused_elsewhere(
    one: Planted,
) -> None:
    app = load(one.flow, bind_literals=True)
    errors = codes(app, "error")
    assert errors == ([] if one.binds else [one.code])
    assert one.secret not in shown(app)
    if one.binds:
        assert "literal-cut" in codes(app)
        assert all(one.secret.encode() not in data for data in app.files.values())


def test_no_decoy_stops_the_packaging(subtests: pytest.Subtests) -> None:
    for decoy in decoys.every():
        with subtests.test(decoy=decoy.name):
            assert codes(load(decoy.flow), "error") == []


def test_the_finding_says_which_component_and_which_field() -> None:
    node = component(
        "Acme", "n", "My tool", url=field(kinds.urls()["HTTPS"][0], display_name="URL")
    )
    finding = found(load(flow(node, name="Bot")), "literal-secret")
    assert (finding.flow, finding.component, finding.field) == ("Bot", "My tool", "URL")
    assert "a password in a URL" in finding.message


def test_a_variable_that_langflow_knows_is_no_literal_whatever_it_is_called() -> None:
    app = load(flow(component(api_endpoint=secret("ASTRA_DB_API_ENDPOINT", False))))
    assert codes(app) == ["name-as-text"]


def test_a_field_that_is_a_parameter_too_is_never_bound_behind_its_back() -> None:
    from chartgen.model import Selection

    choice = Selection(field="url", name="URL")
    text, hidden = kinds.urls()["HTTPS"]
    app = load(flow(component(url=field(text))), parameters=[choice], bind_literals=True)
    assert codes(app, "error") == ["literal-secret"]
    assert hidden not in shown(app)


@pytest.mark.parametrize(
    "prefix", sorted(p for p in formats.load().leading if not any(map(str.isdigit, p)))
)
def test_words_alone_meet_no_format_of_the_rule_set(prefix: str) -> None:
    for tail in (
        "",
        "ordinary_name_of_a_function_in_code_that_is_long",
        "-and-more-words-than-that",
    ):
        assert [*literals.find(f"call {prefix}{tail} now")] == []


def test_a_thousand_secrets_of_one_kind_are_told_and_the_packaging_stops() -> None:
    text = kinds.vendors()["Groq"]
    for value in (
        component(urls=field([text] * 3000, list=True)),
        component(mcp={"_input_type": "McpInput", "type": "mcp",
                       "value": {"config": {"args": [f"--token={text}"] * 3000}}}),
    ):  # fmt: skip
        assert 1000 <= len(codes(load(flow(value)), "error")) <= 2000


@pytest.mark.parametrize("first", ["x" * 65_520, "İ" * 65_530, "x " * 32_750, "k" * 65_534])
def test_a_secret_is_found_wherever_it_stands_in_a_long_text(first: str) -> None:
    made = kinds.make("w32", first[:1])
    for gap in range(0, 40, 3):
        text = f"{first}{' ' * gap} api_key='{made}' {first} Authorization: bearer {made}1"
        assert {secret for _, secret in literals.find(text)} == {made, f"{made}1"}, gap
