"""What people set of a release that runs under Compose: each variable, and what it is for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chartgen.errors import InvalidInput
from chartgen.local import envfile
from chartgen.local.pod import Pod
from chartgen.render import one_line

PASSWORD = "STACK_POSTGRES_PASSWORD"  # noqa: S105 - a name
PORT, ADDRESS = "STACK_PORT", "STACK_ADDRESS"
RUNTIME, NGINX, POSTGRES = "STACK_RUNTIME_IMAGE", "STACK_NGINX_IMAGE", "STACK_POSTGRES_IMAGE"

LOOPBACK = "127.0.0.1"
NGINX_DEFAULT = "docker.io/library/nginx:1.28"
POSTGRES_DEFAULT = "docker.io/library/postgres:17"


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A variable and why it is there; `default` is what holds when nobody sets it."""

    name: str
    why: str
    required: bool = False
    default: str | None = None

    @property
    def reference(self) -> str:
        """How compose.yaml refers to it."""
        if self.required:
            # What would end the sentence, or begin a reference of its own.
            why = self.why.translate({ord(sign): " " for sign in "${}"})
            return f"${{{self.name}:?set {self.name} in .env: {why}}}"
        return f"${{{self.name}:-{self.default or ''}}}"


def credentials(pod: Pod) -> list[Variable]:
    """The credentials of a release; they have no defaults."""
    return [
        Variable(name=item["name"], why=_why(item), required=item["required"])
        for item in pod.release["credentials"]
    ]


def parameters(pod: Pod) -> list[Variable]:
    """The parameters of a release; the default is the flow's own."""
    return [
        Variable(
            name=item["name"],
            why=f"{_why(item)} ({item['type']})",
            required=item["required"] and "default" not in item,
            default=_text(item["default"]) if "default" in item else None,
        )
        for item in pod.release["parameters"]
    ]


def stack(pod: Pod) -> dict[str, Variable]:
    """What Compose needs beyond the release: images, the password of its database, the port.

    Raises InvalidInput when a flow has a variable of one of these names.
    """
    mirror = "a mirror where Docker Hub cannot be reached"
    found = [
        Variable(
            name=PASSWORD,
            why="the password that the runtime and PostgreSQL share, of letters and digits",
            required=True,
        ),
        Variable(name=ADDRESS, why="the address that NGINX listens on", default=LOOPBACK),
        Variable(name=PORT, why="the port that NGINX listens on", default=str(pod.app["port"])),
        Variable(
            name=RUNTIME,
            why=f"the image; {pod.image_of_engine} after chartgen load, when it is in no registry",
            default=str(pod.image),
        ),
        Variable(name=NGINX, why=f"the image of NGINX; {mirror}", default=NGINX_DEFAULT),
        Variable(name=POSTGRES, why=f"that of PostgreSQL; {mirror}", default=POSTGRES_DEFAULT),
    ]
    taken = {item.name for item in (*credentials(pod), *parameters(pod))}
    for variable in found:
        if variable.name in taken:
            raise InvalidInput(
                f"a flow's variable is called {variable.name}, which compose.yaml has a use for: "
                "give it another name in chartgen.yaml"
            )
    return {variable.name: variable for variable in found}


def example(pod: Pod) -> bytes:
    """.env.example: every variable, blank where something must be written."""
    lines = [
        f"# Variables of {pod.name} {pod.version} for Docker Compose. Copy this file to .env, "
        "fill in the blanks,",
        "# and keep it to yourself. `chartgen credentials RELEASE.json --format env` makes keys",
        "# for the runtime. A value with $, # or spaces belongs in single quotes.",
        *_section("Credentials", credentials(pod)),
        *_section("Parameters, as the flows have them", parameters(pod)),
        *_section("Around the runtime", list(stack(pod).values())),
    ]
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def _section(title: str, variables: list[Variable]) -> Iterator[str]:
    if variables:
        yield from ("", f"## {title}")
    for variable in variables:
        yield f"# {variable.why}{'' if variable.required else ' (optional)'}"
        value = envfile.written(variable.default or "")
        if value is None:
            yield f"# {variable.name}=  (the default does not fit on a line)"
        else:
            yield f"{variable.name}=" if variable.required else f"# {variable.name}={value}"


def _why(item: Mapping[str, Any]) -> str:
    """Which fields of which flows need a value, on one line."""
    uses = "; ".join(
        " → ".join(part for part in (use["flow"], use["component"], use["field"]) if part)
        for use in item["usedBy"]
    )
    return one_line(uses or item.get("description", "")) or "used by the runtime"


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
