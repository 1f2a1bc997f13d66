"""Whether every component of every flow can be loaded: the image itself says so, in the engine.

The builder docker asks this while it builds. The builder oci runs nothing, so it is asked for.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from chartgen import publish, report
from chartgen.errors import ChartgenError, InvalidInput
from chartgen.image import engine
from chartgen.image.access import Access
from chartgen.local import pod
from chartgen.local.pod import Pod
from chartgen.local.running import image
from chartgen.model import Finding
from chartgen.watcher import Watcher

SECONDS = 900
SHOWN_LINES = 10
PREFIX = "chartgen: "
FIX = (
    "name the package that has it under `modules:` or `packages:` in chartgen.yaml, or mend the "
    "component in Langflow"
)


def check(file: Path, access: Access, watcher: Watcher) -> Mapping[str, Any]:
    """Load every component of a release's flows in its image, and give the release's report.

    `file` is the release's report. Nothing of a flow is called, and the container has no network
    and no credential; where there is a chart beside the report, it is as confined as its pod.
    Raises InvalidInput that lists what cannot be loaded, Unavailable when no engine answers.
    """
    release = report.read(file)
    command = release["runtime"].get("check")
    if not command:
        raise InvalidInput(f"{file} does not say how its image is checked: package again")
    read = pod.read(file) if release.get("chart") else None
    watcher.step("asking the Docker engine")
    with engine.client() as client, engine.told():
        if read:
            found = image(read, client, file, access, watcher)
        else:
            found = publish.load(file, access, watcher).id
        watcher.step("loading every component in the image")
        name = f"{release['name']}-check-{secrets.token_hex(4)}"
        more = _confined(read) if read else {}
        code, lines = _run(client, image=found, name=name, entrypoint=list(command), **more)
    findings = [_finding(line) for line in lines if line.startswith(PREFIX)]
    if code and findings:
        raise InvalidInput("not every component can be loaded in the image", findings)
    if code:
        last = "\n".join(lines[-SHOWN_LINES:])
        raise ChartgenError(f"the check ended with {code}:\n{last}")
    return release


def _confined(read: Pod) -> dict[str, Any]:
    return {
        "tmpfs": dict.fromkeys(read.app["writablePaths"], "mode=1777"),
        "mem_limit": read.memory,
        "memswap_limit": read.memory,
        **read.restrictions,
    }


def _run(client: Any, **container_of: Any) -> tuple[int, list[str]]:
    """The exit code of a container that is made for it, and what it said."""
    from docker.errors import NotFound

    container = client.containers.create(network_mode="none", **container_of)
    try:
        container.start()
        code = int(container.wait(timeout=SECONDS)["StatusCode"])
        return code, container.logs().decode(errors="replace").splitlines()
    finally:
        with suppress(NotFound):
            container.remove(force=True, v=True)


def _finding(line: str) -> Finding:
    message = line.removeprefix(PREFIX)
    return Finding(level="error", code="not-loadable", message=message, fix=FIX)
