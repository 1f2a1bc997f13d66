"""Reviewed exceptions of the gate: what `exceptions:` in chartgen.yaml lets pass, and until when.

The fingerprint says which text at which field was reviewed: another text there, or the same text
elsewhere, has another one. It is shown in logs and kept in files, and some secrets are words: so it
is made by scrypt (RFC 7914), which makes each guess cost what it costs us.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from chartgen.model import Exemption, Finding
from chartgen.runtimes.langflow.graph import one_line
from chartgen.runtimes.langflow.normalise import NormalFlow
from chartgen.runtimes.langflow.paths import Path, path_text

FILE = "chartgen.yaml"
COST, BLOCK, LENGTH = 1 << 13, 8, 8
# Each costs a thirtieth of a second, and a hostile flow could ask for a million.
MOST_SHOWN, MOST = 20, 1000


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A place in a flow in people's words: its component and field, as far as it is in them."""

    component: str
    field: str
    key: str


@dataclass(kw_only=True)
class Exemptions:
    """The exceptions of one run, and which of them were needed. `today` is as ISO 8601 writes it.

    Without `today` nothing expires.
    """

    given: tuple[Exemption, ...] = ()
    today: str = ""
    used: set[str] = field(default_factory=set)
    known: dict[tuple[str, ...], str] = field(default_factory=dict, repr=False)

    def excuse(self, flow: NormalFlow, path: Path, text: str) -> Exemption | None:
        """The exception under which a text may stay where it is, if there is one."""
        if not self.given:
            return None
        mark = self.fingerprint(flow, path, text)
        found = next((one for one in self.given if mark and one.fingerprint == mark), None)
        if found:
            self.used.add(found.fingerprint)
        return found if found and not self._is_over(found) else None

    def fingerprint(self, flow: NormalFlow, path: Path, text: str) -> str:
        """The fingerprint of a text at a place, or "" when there are too many."""
        place = spot(flow, path)
        known = (flow.name, place.component, place.key, text)
        if known not in self.known and len(self.known) < MOST:
            salt = json.dumps(known[:3]).encode()
            made = hashlib.scrypt(
                text.encode("utf-8", "surrogatepass"),
                salt=salt,
                n=COST,
                r=BLOCK,
                p=1,
                dklen=LENGTH,
            )
            self.known[known] = f"scrypt:{made.hex()}"
        return self.known.get(known, "")

    def way_out(self, flow: NormalFlow, path: Path, text: str) -> str:
        """What to do where a find is no secret: the end of a sentence."""
        mark = self.fingerprint(flow, path, text) if len(self.known) < MOST_SHOWN else ""
        return f"; if it is none, except it in {FILE} by its fingerprint {mark}" if mark else ""

    def excused(self, flow: NormalFlow, path: Path, exemption: Exemption) -> Finding:
        """What is said of a text that an exception lets pass."""
        place = spot(flow, path)
        return Finding(
            level="info",
            code="literal-excepted",
            file=flow.document.file,
            at=at(flow, path),
            flow=flow.name,
            component=place.component,
            field=place.field,
            message=f"this looks like a secret and stays, until {exemption.expires}: "
            f"{one_line(exemption.reason)}",
        )

    def report(self) -> Iterator[Finding]:
        """A warning for every exception that is over, and for every one that meets nothing."""
        for one in self.given:
            if self._is_over(one):
                code, message = "exception-expired", f"expired on {one.expires} and counts no more"
            elif one.fingerprint not in self.used:
                code, message = "exception-unused", "meets nothing: what it was for has changed"
            else:
                continue
            yield Finding(
                level="warning",
                code=code,
                file=FILE,
                message=f"the exception {one.fingerprint} {message}",
                fix="remove it, or review again what it is for",
            )

    def _is_over(self, exemption: Exemption) -> bool:
        return bool(self.today) and exemption.expires < self.today


def at(flow: NormalFlow, path: Path) -> str:
    """JSON path of a place in the graph, or of a text beside it."""
    return flow.place(path) if path[0] == "data" else path_text(flow.document.at, path)


def spot(flow: NormalFlow, path: Path) -> Spot:
    """Where a way through a flow leads. It begins with `data` for all that is in the graph."""
    if path[0] != "data":
        return Spot(component="", field=str(path[0]), key=str(path[0]))
    component, label, key, value = "", "", "", flow.data
    for step, after in zip(path[1:], (*path[2:], ""), strict=True):
        try:
            value = value[step]  # type: ignore[index] # a list takes numbers, an object texts
        except (KeyError, IndexError, TypeError):
            break
        if not isinstance(value, dict):
            continue
        if step == "node":
            component, label, key = one_line(value.get("display_name") or "note"), "", ""
        elif step == "template":
            key, said = str(after), value.get(str(after))
            label = str(said.get("display_name") or key) if isinstance(said, dict) else key
    return Spot(component=component, field=one_line(label), key=key)
