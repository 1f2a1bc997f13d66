from __future__ import annotations

import json
import random
import uuid
from typing import Any

import pytest

from tests.flows_factory import (
    FAKE_KEY,
    Json,
    baked,
    codes,
    component,
    field,
    flow,
    found,
    load,
    source,
)

V4 = "8f3ba2f5-6d1c-4a55-9a0e-1b6f6f0d7c11"
V5 = str(uuid.uuid5(uuid.NAMESPACE_URL, "x"))


def test_only_the_keys_that_langflow_loads_are_baked() -> None:
    given = flow(
        id=V4, fs_path="/etc/x", user_id="u", folder_id="f", icon_bg_color="oops", updated_at="bad",
        last_tested_version="1.0", tags=["a"], webhook=True, locked=True, mcp_enabled=False,
        action_name="ask", action_description="Asks.", access_type="PUBLIC",
    )  # fmt: skip
    given["data"]["extra"] = 1
    content = baked(load(given))
    assert set(content) == {
        "id", "name", "description", "endpoint_name", "is_component", "tags", "webhook", "locked",
        "mcp_enabled", "action_name", "action_description", "data",
    }  # fmt: skip
    assert set(content["data"]) == {"nodes", "edges", "viewport"}
    assert (content["tags"], content["webhook"], content["locked"]) == (["a"], True, True)
    assert (content["mcp_enabled"], content["action_name"]) == (False, "ask")


def test_keys_of_wrong_types_fall_back_to_what_langflow_can_load() -> None:
    content = baked(
        load(flow(description=5, tags=[1], webhook="yes", locked=1, action_name={}, icon=[]))
    )
    assert content["description"] == ""
    assert (content["tags"], content["webhook"], content["locked"]) == ([], False, False)
    assert "action_name" not in content


def test_flows_are_mcp_tools_unless_they_say_no() -> None:
    assert baked(load(flow()))["mcp_enabled"] is True


def test_a_valid_id_is_kept_in_its_canonical_form() -> None:
    assert load(flow(id=V4)).flows[0].id == V4
    assert load(flow(id=V4)).findings == ()
    assert load(flow(id="{" + V4.upper() + "}")).flows[0].id == V4


@pytest.mark.parametrize("given", [V5, "00000000-0000-0000-0000-000000000000"])
def test_a_reserved_id_is_replaced_by_the_same_one_every_time(given: str) -> None:
    first, second = load(flow(id=given)), load(flow(component("Edited"), id=given, name="Other"))
    assert first.flows[0].id == second.flows[0].id != given
    assert uuid.UUID(first.flows[0].id).version == 4
    assert given in found(first, "reserved-id").message


@pytest.mark.parametrize("given", [None, "", "my-flow", 7, [V4]])
def test_a_missing_id_comes_from_the_name_and_outlives_edits(given: Any) -> None:
    before = load(flow(component(a=field("1")), id=given))
    after = load(flow(component(a=field("2")), component("New", "New-1"), id=given))
    assert before.flows[0].id == after.flows[0].id
    assert uuid.UUID(before.flows[0].id).version == 4
    assert load(flow(name="Another", id=given)).flows[0].id != before.flows[0].id


def test_two_flows_with_one_id_both_stay_and_the_finding_names_both_files() -> None:
    app = load(flow(id=V4, name="A"), flow(id=V4, name="B"))
    assert app.flows[0].id == V4 != app.flows[1].id
    message = found(app, "duplicate-id").message
    assert "0.json" in message
    assert "1.json" in message
    assert load(flow(id=V4, name="A"), flow(id=V4, name="B")).flows == app.flows


def test_two_flows_without_ids_and_with_one_name_are_two_flows() -> None:
    app = load(flow(component("A")), flow(component("B")), flow(component("C")))
    assert len({item.id for item in app.flows}) == 3
    names = [item.name for item in app.flows]
    assert names == ["Support bot", "Support bot (2)", "Support bot (3)"]
    assert [item.endpoint for item in app.flows] == [
        "support-bot", "support-bot-2", "support-bot-3",
    ]  # fmt: skip
    assert codes(app, "warning") == ["duplicate-name"] * 2
    assert all("0.json" in f.message for f in app.findings if f.code == "duplicate-name")


def test_the_same_flow_twice_is_baked_once() -> None:
    scrolled = flow(id=V4)
    scrolled["data"]["viewport"] = {"x": 99}
    app = load(flow(id=V4), scrolled)
    assert len(app.flows) == 1
    message = found(app, "duplicate-flow").message
    assert "1.json is the same flow as 0.json" in message


def test_a_flow_that_is_left_out_keeps_no_endpoint_from_others() -> None:
    other = flow(component("Else"), name="Echo")
    app = load(flow(name="Bot"), flow(name="Bot", endpoint_name="echo"), other)
    assert [item.endpoint for item in app.flows] == ["bot", "echo"]


def test_a_flow_without_an_endpoint_gets_a_readable_one() -> None:
    [served] = load(flow(name="Grüße & Tickets (2)!")).flows
    assert (served.endpoint, served.path) == ("grue-tickets-2", "/api/v1/run/grue-tickets-2")


def test_names_that_look_alike_in_a_url_get_different_endpoints() -> None:
    app = load(flow(name="Echo!"), flow(component("B"), name="Echo?"))
    assert [item.endpoint for item in app.flows] == ["echo", "echo-2"]
    assert codes(app) == ["duplicate-endpoint"]


def test_a_name_with_no_letters_for_a_url_gives_an_endpoint_from_the_id() -> None:
    [served] = load(flow(name="客服", id=V4)).flows
    assert (served.name, served.endpoint) == ("客服", "flow-8f3ba2f5")


def test_a_stated_endpoint_is_kept() -> None:
    [served] = load(flow(endpoint_name="Ask_Me-1")).flows
    assert (served.endpoint, served.file) == ("Ask_Me-1", "/app/flows/Ask_Me-1.json")


@pytest.mark.parametrize("given", ["no spaces", "ü", "a/b", "../../etc", V4])
def test_an_endpoint_that_no_url_can_hold_is_replaced_and_said(given: str) -> None:
    app = load(flow(endpoint_name=given, id=V4))
    assert app.flows[0].endpoint != given
    assert set(app.flows[0].endpoint) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert given in found(app, "endpoint-renamed").message


def test_who_states_an_endpoint_wins_over_who_is_only_called_so() -> None:
    app = load(flow(component("A"), name="Echo"), flow(name="Other", endpoint_name="echo"))
    assert [item.endpoint for item in app.flows] == ["echo-2", "echo"]
    assert "1.json" in found(app, "duplicate-endpoint").message


def test_of_two_that_state_an_endpoint_the_first_file_wins() -> None:
    app = load(flow(name="A", endpoint_name="x"), flow(name="B", endpoint_name="x"))
    assert [item.endpoint for item in app.flows] == ["x", "x-2"]


def test_endpoints_that_differ_by_case_alone_become_different_files() -> None:
    app = load(flow(name="A", endpoint_name="Echo"), flow(name="B", endpoint_name="echo"))
    assert len({path.lower() for path in app.files}) == len(app.files)


def test_a_very_long_endpoint_still_gives_a_file_name() -> None:
    app = load(flow(name="A", endpoint_name="x" * 300), flow(name="B", endpoint_name="x" * 301))
    names = {item.file.rpartition("/")[2] for item in app.flows}
    assert len(names) == 2
    assert all(len(name) < 130 for name in names)


def test_a_flow_without_a_name_is_called_like_its_file() -> None:
    for path, name in {
        "team/Night shift.json": "Night shift",
        "Help!.json": "Help!",
        " .json": "Flow",
        "all.zip!Day.json": "Day",
        "all.ZIP!deep/Week.json": "Week",
    }.items():
        assert load(source(flow(name=""), path)).flows[0].name == name


def test_names_with_braces_and_numbers_stay_unique() -> None:
    names = ["{}", "{}", "{} (2)", "{0}"]
    app = load(*(flow(component(f"C{n}"), name=name) for n, name in enumerate(names)))
    assert len({item.name for item in app.flows}) == 4


def test_the_order_of_the_files_changes_no_byte() -> None:
    given: list[Json] = [
        {"name": "Echo"},
        {"name": "Echo", "id": V4},
        {"name": "x", "endpoint_name": "echo"},
        {"name": "y", "id": V4},
    ]
    sources = [
        source(flow(component(f"C{n}"), **keys), f"{n}.json") for n, keys in enumerate(given)
    ]
    apps = []
    for seed in range(6):
        shuffled = sources.copy()
        random.Random(seed).shuffle(shuffled)  # noqa: S311 - a fixed order, no secret
        apps.append(load(*shuffled))
    assert all(app == apps[0] for app in apps)
    assert all(app.files == apps[0].files for app in apps)


def test_loading_does_not_change_the_input() -> None:
    given = source(flow(component(api_key={"password": True, "value": ""})))
    before = given.data
    load(given)
    assert given.data == before


def test_the_hash_of_a_flow_is_that_of_its_file() -> None:
    app = load(flow(component(a=field("1"))))
    other = load(flow(component(a=field("2"))))
    assert app.flows[0].sha256 != other.flows[0].sha256
    assert app.flows_sha256 != other.flows_sha256


def test_a_baked_flow_is_json_in_a_fixed_order() -> None:
    app = load(flow(component(z=field("ü"), a=field())))
    content = app.files[app.flows[0].file.lstrip("/")].decode()
    assert "ü" in content
    assert content.endswith("}\n")
    assert list(json.loads(content)["data"]["nodes"][0]["data"]["node"]["template"]) == [
        "_type", "z", "a",
    ]  # fmt: skip


def test_an_endpoint_that_is_a_secret_is_replaced_and_not_shown() -> None:
    app = load(flow(endpoint_name=FAKE_KEY))
    assert FAKE_KEY not in str(app)
    assert FAKE_KEY.encode() not in b"".join(app.files.values())
    assert found(app, "endpoint-renamed").message
