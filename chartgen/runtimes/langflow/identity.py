"""Who is who: ids, names and endpoints that no two flows of a release share."""

from __future__ import annotations

import hashlib
import re
import unicodedata
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from chartgen.model import Finding
from chartgen.runtimes.langflow.documents import Document
from chartgen.runtimes.langflow.graph import one_line
from chartgen.runtimes.langflow.secrets import redacted

ENDPOINT = re.compile(r"[a-zA-Z0-9_-]+")
SLUG_LENGTH = 50
# Ids of version 5 are reserved for virtual flows, whose messages are not kept
# (langflow-base 1.13.0, services/database/models/flow/model.py).
RESERVED_VERSION = 5


class Registry:
    """What the flows of a release have claimed so far, and the clashes that this made.

    A flow that states its endpoint keeps it, whatever the order of the files: only then
    comes a flow whose endpoint is derived from its name.
    """

    def __init__(self, documents: Iterable[Document]) -> None:
        self.findings: list[Finding] = []
        self._ids: dict[str, Document] = {}
        self._names: dict[str, Document] = {}
        self._endpoints: dict[str, Document] = {}
        self._stated = {
            stated_endpoint(document).lower(): document for document in reversed([*documents])
        }

    def leave_out(self, document: Document, twin: Document) -> None:
        """Note that a flow was there before."""
        self._clash(document, twin, "duplicate-flow", "is the same flow as", "; it is left out")

    def claim_id(self, document: Document) -> str:
        """The flow's own id where Langflow takes it, else one that a rebuild gives again.

        A flow without a usable id is known by its name: editing it makes it no other flow.
        """
        given = _as_uuid(document.stated.get("id"))
        usable = given is not None and given.version != RESERVED_VERSION and given.int != 0
        identity = [str(given)] if given else [name_of(document)]
        identifier = str(given) if usable else _derived_id(*identity)
        if given and not usable:
            self._note(
                document,
                "reserved-id",
                f"the id {given} is reserved by Langflow; the flow gets {identifier}",
            )
        if other := self._ids.get(identifier):
            identity.append(name_of(document))
            while (renewed := _derived_id(*identity)) in self._ids:
                identity.append("again")
            if usable:
                outcome = f"; it gets {renewed}"
                self._clash(document, other, "duplicate-id", "has the same id as", outcome)
            identifier = renewed
        self._ids[identifier] = document
        return identifier

    def claim_name(self, document: Document) -> str:
        """The flow's name, with a number when another flow has it."""
        name = name_of(document)
        unique = next(text for text in _numbered(name, "{} ({})") if text not in self._names)
        if unique != name:
            relation = f"has the same name {name!r} as"
            other = self._names[name]
            self._clash(document, other, "duplicate-name", relation, f"; it becomes {unique!r}")
        self._names[unique] = document
        return unique

    def claim_endpoint(self, document: Document, name: str, identifier: str) -> str:
        """The flow's place in URLs: stated, or made from its name, and always unique."""
        given = document.stated.get("endpoint_name")
        given = redacted(given) if isinstance(given, str) else ""
        stated = stated_endpoint(document)
        wanted = stated or slug(given or name)
        # Langflow looks a UUID up as an id before it looks for an endpoint.
        if not wanted or _as_uuid(wanted):
            wanted = f"flow-{identifier[:8]}"
        if given and wanted != given:
            self._note(
                document,
                "endpoint-renamed",
                f"the endpoint {one_line(given)!r} cannot stand in a URL; it becomes {wanted!r}",
            )
        unique = next(text for text in _numbered(wanted, "{}-{}") if self._is_free(text, document))
        if unique != wanted:
            relation = f"wants the same endpoint {wanted!r} as"
            key = wanted.lower()
            other = self._endpoints.get(key) or self._stated[key]
            outcome = f"; it becomes {unique!r}"
            self._clash(document, other, "duplicate-endpoint", relation, outcome)
        self._endpoints[unique.lower()] = document
        return unique

    def _is_free(self, endpoint: str, document: Document) -> bool:
        # Endpoints become file names, and not every system tells `Echo` from `echo`.
        key = endpoint.lower()
        return key not in self._endpoints and self._stated.get(key, document) is document

    def _note(self, document: Document, code: str, message: str) -> None:
        self.findings.append(
            Finding(
                level="info",
                code=code,
                file=document.file,
                at=document.at,
                flow=name_of(document),
                message=message,
            )
        )

    def _clash(
        self, document: Document, other: Document, code: str, relation: str, outcome: str
    ) -> None:
        self.findings.append(
            Finding(
                level="warning",
                code=code,
                file=document.file,
                at=document.at,
                flow=name_of(document),
                message=f"{document.label} {relation} {other.label}{outcome}",
                fix="remove or rename one of the two",
            )
        )


def name_of(document: Document) -> str:
    """The flow's display name; a flow without one is called like its file."""
    name = document.stated.get("name")
    return one_line(name if isinstance(name, str) else "") or one_line(document.stem) or "Flow"


def stated_endpoint(document: Document) -> str:
    """The endpoint that the export states, where Langflow would take it, else ""."""
    given = document.stated.get("endpoint_name")
    if not isinstance(given, str) or not ENDPOINT.fullmatch(given) or _as_uuid(given):
        return ""
    # Everybody sees it: in the chart, in its notes and in what is printed.
    return given if redacted(given) == given else ""


def slug(text: str) -> str:
    """Lower-case letters, digits and dashes: what is left of a name in a URL, perhaps ""."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_LENGTH].rstrip("-")


def _as_uuid(text: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _derived_id(*identity: str) -> str:
    """A UUID of version 4 shape that is a pure function of the identity given."""
    digest = hashlib.sha256("\0".join(("chartgen flow", *identity)).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def _numbered(text: str, form: str) -> Iterator[str]:
    yield text
    number = 2
    while True:
        yield form.format(text, number)
        number += 1
