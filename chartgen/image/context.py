"""The Docker build context: the Dockerfile and the files that it copies, as a Tree."""

from __future__ import annotations

import json
import posixpath
from functools import partial

from chartgen import render, resources
from chartgen.errors import InvalidInput
from chartgen.image import bases, labels
from chartgen.model import App, ImageRef
from chartgen.reference import IMAGE
from chartgen.tree import Lazy, Reader, Tree, reader


def build(app: App, image: ImageRef) -> Tree:
    """The complete context: `docker build` on it needs nothing else.

    Raises InvalidInput when the base is no image reference: it stands in a Dockerfile.
    """
    base = _base(app.base.reference)
    files: dict[str, Reader] = {"Dockerfile": _dockerfile(app, image, base).encode}
    files |= {f"rootfs/{path}": reader(app.files, path) for path in app.files}
    if app.packages:
        files["requirements.txt"] = partial(_lines, app.packages)
        files["constraints.txt"] = partial(_lines, app.constraints)
    return Lazy(dict(sorted(files.items())))


def _base(reference: str) -> str:
    """What a Dockerfile calls the base."""
    if name := bases.engine_name(reference):
        return name
    if bases.is_local(reference):
        # A layout has no name in a registry: it is handed to the build under this one.
        return "base"
    if not IMAGE.fullmatch(reference):
        raise InvalidInput(f"{reference!r} is not an image that one can build on")
    return reference


def _dockerfile(app: App, image: ImageRef, base: str) -> str:
    return render.render(
        resources.text_template("Dockerfile.j2"),
        {
            "name": app.name,
            "version": app.version,
            "labels": labels.labels(app),
            "user": labels.USER,
            "count": f"{len(app.flows)} flow{'s' if len(app.flows) != 1 else ''}",
            "runtime": f"{app.runtime.name} {app.runtime.version}",
            "image": f"{image.repository}:{image.tag}",
            "profile": app.base.profile,
            "reason": render.one_line(app.base.reason),
            "base": base,
            "packages": app.packages,
            "folders": sorted({posixpath.dirname(path) for path in app.files}),
            "port": app.runtime.port,
            "command": json.dumps(list(app.runtime.command)),
            "check": json.dumps(list(app.runtime.check)) if app.runtime.check else "",
        },
    )


def _lines(texts: tuple[str, ...]) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()
