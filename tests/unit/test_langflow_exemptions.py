from __future__ import annotations

import re
from typing import Any

import pytest

from chartgen.model import App, Exemption
from chartgen.runtimes.langflow import exemptions
from tests.flows_factory import FAKE_KEY, Json, codes, component, field, flow, found, load, secret
from tests.planting.places import ANYWHERE, NAMED, Place

TODAY = "2026-11-20"
PROMPT = ANYWHERE["prompt"]
PLACES = {
    **{name: ANYWHERE[name] for name in ("prompt", "note", "code", "edge", "description", "table")},
    **{name: NAMED[name] for name in ("MCP header", "MCP argument after a flag", "plain field")},
    "header in an object": NAMED["header in an object"],
    "cell of variables": NAMED["header in a table of variables"],
}


def fingerprint(app: App) -> str:
    """The fingerprint that the only find gives."""
    [mark] = re.findall(r"scrypt:[0-9a-f]{16}", found(app, "literal-secret").fix)
    return str(mark)


def excepted(given: Json, mark: str, expires: str = TODAY, **options: Any) -> App:
    exemption = Exemption(fingerprint=mark, reason="Ada has looked: a sample", expires=expires)
    return load(given, exceptions=(exemption,), today=TODAY, **options)


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("bind_literals", [False, True])
def test_a_reviewed_text_stays_as_it_is_and_the_report_says_why(
    place: Place, bind_literals: bool
) -> None:
    given = place.put(FAKE_KEY)
    app = excepted(given, fingerprint(load(given)), bind_literals=bind_literals)
    assert codes(app) == []
    finding = found(app, "literal-excepted")
    assert (finding.level, finding.at) == ("info", place.at)
    assert "2026-11-20" in finding.message
    assert "Ada has looked" in finding.message
    assert FAKE_KEY not in repr(app)
    if "description" not in place.at:
        assert FAKE_KEY.encode() in app.files[app.flows[0].file.lstrip("/")]


def test_an_exception_that_is_over_counts_no_more() -> None:
    given = PROMPT.put(FAKE_KEY)
    app = excepted(given, fingerprint(load(given)), expires="2026-11-19")
    assert codes(app) == ["literal-secret", "exception-expired"]
    assert "2026-11-19" in found(app, "exception-expired").message


def test_an_exception_that_meets_nothing_is_told() -> None:
    app = excepted(flow(component()), "scrypt:0123456789abcdef")
    assert codes(app) == ["exception-unused"]
    assert found(app, "exception-unused").file == "chartgen.yaml"


def test_another_text_at_the_same_place_is_not_excepted() -> None:
    mark = fingerprint(load(PROMPT.put(FAKE_KEY)))
    app = excepted(PROMPT.put(FAKE_KEY + "x"), mark)
    assert codes(app) == ["literal-secret", "exception-unused"]


@pytest.mark.parametrize(
    "other",
    [
        flow(component("Acme", "n", "My tool", other=field(FAKE_KEY))),
        flow(component("Acme", "n", "Another tool", url=field(FAKE_KEY))),
        flow(component("Acme", "n", "My tool", url=field(FAKE_KEY)), name="Another bot"),
    ],
    ids=["field", "component", "flow"],
)
def test_the_same_text_elsewhere_is_not_excepted(other: Json) -> None:
    mark = fingerprint(load(flow(component("Acme", "n", "My tool", url=field(FAKE_KEY)))))
    assert "literal-secret" in codes(excepted(other, mark))


def test_a_component_may_move_in_its_flow_and_stays_excepted() -> None:
    node = component("Acme", "n", "My tool", url=field(FAKE_KEY))
    mark = fingerprint(load(flow(node)))
    assert codes(excepted(flow(component("First", "f"), node), mark)) == []


def test_no_exception_counts_for_a_secret_field() -> None:
    finding = found(load(flow(component(api_key=secret(FAKE_KEY)))), "literal-secret")
    assert "scrypt:" not in finding.fix
    assert "--bind-literals" in finding.fix


def test_the_fingerprint_is_the_same_in_every_run_and_costs_a_guesser_as_much_as_us() -> None:
    given = PROMPT.put(FAKE_KEY)
    assert fingerprint(load(given)) == fingerprint(load(given))
    # OWASP's least for scrypt asks for 8 MiB and more: 128 times the cost times the block.
    assert 128 * exemptions.COST * exemptions.BLOCK >= 8 * 1024 * 1024


def test_a_flow_with_a_thousand_finds_is_refused_at_once() -> None:
    many = [f"{FAKE_KEY}{n}" for n in range(1000)]
    app = load(flow(component(urls=field(many, list=True))))
    assert len(codes(app, "error")) == len(many)
    assert sum("scrypt:" in f.fix for f in app.findings) == exemptions.MOST_SHOWN
