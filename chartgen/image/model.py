"""What a builder is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chartgen.image.access import Access
from chartgen.lock import Lock
from chartgen.model import App, Finding, ImageRef


@dataclass(frozen=True, kw_only=True)
class Order:
    """One image to build. `context` is the Docker build context of the same application.

    `epoch` is the time in seconds that the image carries, None for the base's own;
    `platforms` are texts such as `linux/arm64`, none for all that the base has; `seconds` is
    how long the base's registry may take for an answer, None for what patience it needs;
    `lock` is what chartgen.lock holds of the base and the packages; `access` is how the base's
    registry is reached.
    """

    app: App
    image: ImageRef
    context: Mapping[str, bytes] = field(repr=False)
    epoch: int | None = None
    platforms: tuple[str, ...] = ()
    seconds: float | None = None
    lock: Lock | None = None
    access: Access = field(default_factory=Access)


@dataclass(frozen=True, kw_only=True)
class Built:
    """An image that was built: its id, and its manifest digest or "" while nobody knows it.

    `layout` is an OCI layout without the base's layers, or empty when an engine has the image.
    `distributions` are those packages of the runtime that were found in the base, name → version.
    """

    id: str
    digest: str
    layout: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    findings: tuple[Finding, ...] = ()
    builder: str = ""
    distributions: Mapping[str, str] = field(default_factory=dict)
