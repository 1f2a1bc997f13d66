"""What `make audit` says of what pip-audit and the package index say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from scripts import audit
from scripts.audit import Accepted, Pin, Result
from tests.loopback import Server

OLD, NEW, GONE = Pin("old", "1.0"), Pin("new", "2.0"), Pin("gone", "3.0")
HOLE: dict[str, Any] = {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "withdrawn": None}
TODAY = date(2026, 11, 28)
PAGES = {
    "/pypi/old/json": {"info": {"version": "1.1"}, "vulnerabilities": []},
    "/pypi/new/json": {"info": {"version": "2.0"}, "vulnerabilities": [HOLE]},
}


class Index(BaseHTTPRequestHandler):
    """Knows projects and no releases, as a mirror may."""

    def do_GET(self) -> None:
        page = PAGES.get(self.path)
        content = json.dumps(page).encode()
        self.send_response(200 if page else 404)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def index() -> Iterator[str]:
    with Server(Index).serve() as server:
        yield server.url


def judged(result: Result, *accepted: Accepted) -> tuple[list[str], bool]:
    return audit.verdict([OLD, NEW, GONE], result, accepted, TODAY)


def test_a_lock_is_read_for_all_systems() -> None:
    text = (
        "# made\nruamel.yaml==0.19.1 \\\n    --hash=sha256:00\npywin32==312 ; sys_platform == 'x'"
    )
    assert list(audit.locked(text)) == [Pin("ruamel-yaml", "0.19.1"), Pin("pywin32", "312")]


def test_what_pip_audit_passes_over_does_not_count_as_audited() -> None:
    result = Result()
    passed_over = {"name": "new", "skip_reason": "not found"}
    looked_at = {"name": "old", "version": "1.0", "vulns": [HOLE]}
    audit.read(json.dumps({"dependencies": [passed_over, looked_at]}), result)
    assert result.audited == {OLD}
    assert [one.pin for one in result.advisories] == [OLD]


def test_a_project_page_counts_when_the_newest_release_is_the_locked_one(index: str) -> None:
    result = Result()
    audit.look_up([OLD, NEW, GONE], result, index)
    assert result.audited == {NEW}
    lines, good = judged(result)
    assert not good
    assert lines == [
        "new 2.0: PYSEC-2026-1, CVE-2026-1: VULNERABLE",
        "not audited here: 2: gone 3.0, old 1.0",
    ]


def test_an_advisory_that_was_withdrawn_is_none() -> None:
    result = Result()
    result.add(NEW, [{**HOLE, "withdrawn": "2026-02-01T00:00:00Z"}])
    assert judged(result)[1]


def test_an_accepted_advisory_passes_until_its_last_day_by_any_of_its_names() -> None:
    result = Result()
    result.add(NEW, [HOLE])
    lines, good = judged(result, Accepted("CVE-2026-1", "we do not call it", TODAY))
    assert good
    assert lines[0] == "new 2.0: PYSEC-2026-1, CVE-2026-1: accepted: we do not call it"
    assert not judged(result, Accepted("CVE-2026-1", "it was", date(2026, 11, 27)))[1]


def test_an_audit_that_could_look_at_nothing_fails() -> None:
    lines, good = judged(Result())
    assert not good
    assert lines == ["not audited here: 3: gone 3.0, new 2.0, old 1.0"]
