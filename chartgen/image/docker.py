"""Builds the image with a Docker engine."""

from __future__ import annotations

import io
import re
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from chartgen import tree
from chartgen.errors import ChartgenError, InvalidInput, Unavailable
from chartgen.image import bases, contents, engine
from chartgen.image.model import Built, Order
from chartgen.model import ImageRef
from chartgen.watcher import Watcher

SHOWN_LINES = 20
# What the engine adds to the words of a step: colours around errors, and its housekeeping.
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
HOUSEKEEPING = (" ---> ", "Removing intermediate container ")
# Asks a Python for the versions of packages; with -c, the first argument is the script's name.
ASK = """
import sys
from importlib.metadata import PackageNotFoundError, version
for name in sys.argv[1:]:
    try:
        print(f"{name}=={version(name)}")
    except PackageNotFoundError:
        pass
"""
ANSWER = re.compile(r"^([a-z0-9-]+)==(\S+)$", re.MULTILINE)
# What the engine says when the base cannot be had: a matter of network or rights, not of flows.
NO_BASE = re.compile(
    r"pull access denied|manifest unknown|not found: manifest|no such host|dial tcp|i/o timeout|"
    r"TLS handshake|connection refused|unauthorized|toomanyrequests|no matching manifest|"
    r"failed to resolve|network is unreachable|Client\.Timeout",
    re.IGNORECASE,
)


def build(order: Order, watcher: Watcher) -> Built:
    """Build the order's context, and tell the image's id and, when the engine knows it, its digest.

    `watcher` gets every line of the build as it comes, and how much of the base has been
    pulled. Raises Unavailable when no engine answers or the base cannot be pulled,
    ChartgenError when a step of the build fails.
    """
    from docker.errors import APIError, DockerException

    _check(order)
    image = order.image
    name = f"{image.repository}:{image.tag}"
    with engine.client() as client:
        try:
            stream = client.api.build(
                fileobj=io.BytesIO(tree.tar(order.context, 0)),
                custom_context=True,
                tag=name,
                platform="".join(order.platforms) or None,
                rm=True,
                forcerm=True,
                decode=True,
            )
            _follow(stream, watcher)
            found = client.images.get(name)
            held = _held(client, found, order)
        except APIError as fault:
            raise _failure(str(fault.explanation or fault), ()) from fault
        except (DockerException, OSError) as fault:
            raise engine.silent(fault) from fault
    return Built(id=str(found.id), digest=_digest(found.attrs, image), distributions=held)


def _held(client: Any, found: Any, order: Order) -> Mapping[str, str]:
    """The runtime's packages in the image, where the name of its base does not tell the release."""
    from docker.errors import APIError, ContainerError

    runtime = order.app.runtime
    if order.app.base.version:
        return {}
    if named := contents.named(found.labels, runtime):
        return named
    try:
        said: bytes = client.containers.run(
            found.id,
            entrypoint=[runtime.command[0], "-c", ASK],
            command=list(runtime.distributions),
            network_mode="none",
            remove=True,
        )
    except (ContainerError, APIError):
        return {}
    return {found[1]: found[2] for found in ANSWER.finditer(said.decode(errors="replace"))}


def _check(order: Order) -> None:
    base = order.app.base.reference
    if bases.is_local(base) and not bases.engine_name(base):
        raise InvalidInput(
            f"the builder docker cannot build on {base}, it pulls its bases: take --builder oci"
        )
    if len(order.platforms) > 1:
        raise InvalidInput(
            "the builder docker builds for one platform at a time: take --builder oci, or name one"
        )


def _follow(stream: Iterator[Mapping[str, Any]], watcher: Watcher) -> None:
    lines: deque[str] = deque(maxlen=SHOWN_LINES)
    pulled: dict[str, tuple[int, int]] = {}
    for message in stream:
        if "error" in message:
            raise _failure(str(message["error"]), tuple(lines))
        detail = message.get("progressDetail") or {}
        if message.get("status") == "Downloading" and detail.get("total"):
            pulled[str(message.get("id"))] = (detail.get("current", 0), detail["total"])
            watcher.progress(*map(sum, zip(*pulled.values(), strict=True)))
        for line in CONTROL.sub("", _text(message)).splitlines():
            if line.strip():
                # What is shown of a failure is the failing step alone.
                if line.startswith("Step "):
                    lines.clear()
                if not line.startswith(HOUSEKEEPING):
                    lines.append(line)
                watcher.line(line)


def _text(message: Mapping[str, Any]) -> str:
    if "stream" in message:
        return str(message["stream"])
    if "status" in message and not message.get("progressDetail"):
        return f"{message.get('id', '')} {message['status']}".strip()
    return ""


def _failure(error: str, lines: tuple[str, ...]) -> ChartgenError:
    if NO_BASE.search(error):
        return Unavailable(f"the base image cannot be had: {error.strip()}")
    shown = "\n".join(f"  {line}" for line in lines)
    return ChartgenError(f"the image cannot be built: {error.strip()}\n{shown}".rstrip())


def _digest(attributes: Mapping[str, Any], image: ImageRef) -> str:
    """The digest under which this image lies in its registry, if it was ever pushed there."""
    for reference in attributes.get("RepoDigests") or ():
        repository, _, digest = str(reference).partition("@")
        if repository == image.repository:
            return digest
    return ""
