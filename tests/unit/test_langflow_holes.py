"""Bases below the floor, by what their names tell: the table of known holes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from chartgen import runtimes
from chartgen.model import Allowance, Request
from chartgen.runtimes.langflow import facts, holes, releases
from tests.flows_factory import codes, flow, found, load

SUPPORTED = facts.load().version
OLD = "langflowai/langflow:1.12.8"
ALLOWED = Allowance(version="1.12.8", reason="a component\nof ours", expires="2027-01-31")


@pytest.mark.parametrize(
    "reference",
    [
        OLD,
        "langflowai/langflow-backend:1.12.8",
        "langflowai/langflow-all:v1.12.8-arm64",
        "docker.io/langflowai/langflow:base-1.12.0",
        "ghcr.io/langflow-ai/langflow:1.12.8-amd64",
        "harbor.example.com:5000/hub/langflowai/langflow:1.9.0@sha256:" + "a" * 64,
        "docker-daemon:langflowai/langflow:1.0.19",
        "langflowai/langflow:1.13.0.dev2",
        "langflowai/langflow:1.13.0rc1",
        "langflowai/langflow:1.12",
    ],
)
def test_an_official_base_below_the_floor_is_an_error(reference: str) -> None:
    finding = found(load(flow(), base=reference), "old-base")
    assert finding.level == "error"
    assert reference in finding.message
    assert "take 1.13.0 or newer" in finding.fix


@pytest.mark.parametrize(
    "reference", ["", "langflowai/langflow:1.13.0", "ghcr.io/langflow-ai/langflow:1.13.0-amd64"]
)
def test_a_base_at_the_floor_is_nothing_to_speak_of(reference: str) -> None:
    app = load(flow(), base=reference, today="2026-11-28")
    assert codes(app) == []
    assert app.base.version == SUPPORTED


@pytest.mark.parametrize(
    "reference",
    [
        "registry.example.com/team/langflow:1.12.8",
        "langflowai/langflow-frontend:1.12.8",
        "langflowai/langflow:latest",
        "langflowai/langflow@sha256:" + "a" * 64,
        "oci-layout:langflowai/langflow:1.12.8.tar/x",
    ],
)
def test_the_tag_of_another_image_tells_nothing(reference: str) -> None:
    app = load(flow(), base=reference)
    assert app.base.version == ""
    assert "old-base" not in codes(app)


def test_the_worst_holes_are_named_with_the_day_of_the_table() -> None:
    newest = found(load(flow(), base=OLD), "old-base").message
    day = holes.table().read.isoformat()
    assert f" known holes (table of {day}), such as CVE-2026-110193 (others run code)" in newest
    oldest = found(load(flow(), base="langflowai/langflow:1.2.0"), "old-base").message
    assert "CVE-2026-33017 (others run code; exploited), CVE-2025-3248 (" in oldest


def test_an_old_base_that_is_allowed_by_name_is_a_warning_with_the_reason() -> None:
    app = load(flow(), base=OLD, old_bases=(ALLOWED,), today="2027-01-31")
    finding = found(app, "old-base")
    assert finding.level == "warning"
    assert finding.message.endswith("it is allowed until 2027-01-31: a component of ours")
    assert codes(app, "error") == []


def test_what_is_allowed_is_that_release_alone_and_until_its_last_day() -> None:
    later = load(flow(), base=OLD, old_bases=(ALLOWED,), today="2027-02-01")
    assert codes(later) == ["old-base", "exception-expired"]
    assert found(later, "old-base").level == "error"
    other = load(flow(), base="langflowai/langflow:1.12.4", old_bases=(ALLOWED,))
    assert codes(other) == ["old-base", "exception-unused"]


def test_an_allowance_that_nothing_needs_is_told() -> None:
    assert codes(load(flow(), old_bases=(ALLOWED,))) == ["exception-unused"]


def test_a_newer_base_is_told_a_new_minor_one_louder() -> None:
    patch = found(load(flow(), base="langflowai/langflow:1.13.4"), "new-base")
    minor = found(load(flow(), base="langflowai/langflow:1.14.0"), "new-base")
    assert (patch.level, minor.level) == ("info", "warning")


def test_packages_are_held_to_the_release_of_the_base() -> None:
    pinned = load(flow(), base="langflowai/langflow:1.13.4").constraints
    assert pinned == ("langflow-base==1.13.4", "lfx==1.13.4")
    for reference in ("langflowai/langflow:1.9.0", "langflowai/langflow:1.13", "acme/flows:2.0.0"):
        assert load(flow(), base=reference).constraints == (
            f"langflow-base=={SUPPORTED}",
            f"lfx=={SUPPORTED}",
        )


@pytest.mark.parametrize(
    ("distributions", "version"),
    [
        ({"langflow-base": "1.12.8", "langflow": "1.12.8"}, "1.12.8"),
        ({"langflow-base": "0.5.1"}, "1.5.1"),
        ({"langflow": "0.6.19"}, "0.6.19"),
        ({"langflow": "1.13.0"}, "1.13.0"),
        ({"langflow-base": "unknown"}, ""),
        ({}, ""),
    ],
)
def test_packages_tell_the_release(distributions: dict[str, str], version: str) -> None:
    assert releases.held(distributions) == version


def test_a_table_that_is_old_says_so_and_one_that_is_new_does_not() -> None:
    read = holes.table().read
    days = timedelta(days=holes.OLD_DAYS)

    def said(day: date) -> list[str]:
        request = Request(name="app", version="1.0.0", today=day.isoformat())
        return [finding.code for finding in runtimes.stale(request)]

    assert said(read + days) == []
    assert said(read + days + timedelta(days=1)) == ["old-table"]


def test_every_row_of_the_table_has_an_end_a_class_and_words_of_its_own() -> None:
    table = holes.table()
    floor = releases.parse(table.floor)
    ids = [name for hole in table.holes for name in hole.ids]
    assert floor
    assert len(ids) == len(set(ids)) > 30
    for hole in table.holes:
        assert (hole.fixed is None) != (hole.last is None), hole.ids
        assert hole.kind in holes.CLASSES
        assert not hole.is_open(floor), hole.ids
    assert releases.parse(SUPPORTED) >= floor  # type: ignore[operator] # both are numbers
