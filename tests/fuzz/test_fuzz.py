"""A bounded share of what `make fuzz` does for as long as it is let."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.flows_factory import component, field, flow, model, secret
from tests.fuzz import fuzzer, road
from tests.hostile import HOSTILE

MUTANTS = 1_000
TEXT = some.text(max_size=60) | some.sampled_from(HOSTILE)
VALUE = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | TEXT,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)


def test_a_thousand_mutants_are_refused_or_packaged_soon_and_small_and_inside() -> None:
    count = fuzzer.run(7, range(MUTANTS))
    print(count)  # noqa: T201 - with -s
    assert not count.failures, "\n".join(count.failures)
    assert count.mutants == MUTANTS
    assert count.refused > MUTANTS / 10
    assert count.packaged > MUTANTS / 10
    assert count.rendered
    assert count.written
    assert count.weighed


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(name=TEXT, description=TEXT, tags=VALUE, value=VALUE, label=TEXT, variable=TEXT, key=TEXT)
def test_whatever_a_flow_is_called_and_holds_its_chart_means_one_thing(
    tmp_path: Path, name: str, description: str, tags: Any, value: Any, label: str, variable: str,
    key: str,
) -> None:  # fmt: skip
    node = component("Acme", name=label, api_key=secret(variable), text=field(value))
    node["data"]["node"]["template"].update({"model": model(), key: field(name)})
    made = flow(node, name=name, tags=tags, endpoint_name=label)
    folder = tmp_path / "flows"
    folder.mkdir(exist_ok=True)
    (folder / "flow.json").write_text(json.dumps({**made, "description": description}))
    road.read(folder, bind=True)
    release = road.package(folder, bind=True)
    if release:
        road.render(release)
