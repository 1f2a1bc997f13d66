"""Descriptors: what points at content by type, digest and size (image-spec `descriptor.md`)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chartgen.errors import InvalidInput
from chartgen.oci import document, media
from chartgen.oci.document import Json

DIGEST = re.compile(r"sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}", re.ASCII)
# arm64 has one variant only, which some tools write and others leave out (containerd/platforms).
_IMPLIED = {"arm64": "v8"}


@dataclass(frozen=True, kw_only=True)
class Platform:
    """What an image runs on (image-spec `image-index.md`, "platform")."""

    os: str
    architecture: str
    variant: str = ""
    os_version: str = ""
    os_features: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)

    @classmethod
    def parse(cls, value: Json, what: str) -> Platform:
        """The platform that an index's entry or an image's configuration names."""
        return cls(
            os=document.text(value, "os", what),
            architecture=document.text(value, "architecture", what),
            variant=document.text(value, "variant", what, default=""),
            os_version=document.text(value, "os.version", what, default=""),
            os_features=tuple(document.texts(value, "os.features", what)),
        )

    def json(self) -> Json:
        """The platform as an index writes it."""
        full = {
            "architecture": self.architecture,
            "os": self.os,
            "os.version": self.os_version,
            "os.features": list(self.os_features),
            "variant": self.variant,
        }
        return {key: value for key, value in full.items() if value}

    def fits(self, wanted: Platform) -> bool:
        """Whether this is the platform that was asked for; no variant asks for every one."""
        mine = self.variant or _IMPLIED.get(self.architecture, "")
        same = (self.os, self.architecture) == (wanted.os, wanted.architecture)
        return same and wanted.variant in {"", mine}


@dataclass(frozen=True, kw_only=True)
class Descriptor:
    """A pointer to content. `platform` and `annotations` stand in an index's entries."""

    media_type: str
    digest: str
    size: int
    platform: Platform | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    artifact_type: str = ""

    @classmethod
    def of(cls, data: bytes, media_type: str, platform: Platform | None = None) -> Descriptor:
        """The descriptor of bytes that are at hand."""
        digest = digest_of(data)
        return cls(media_type=media_type, digest=digest, size=len(data), platform=platform)

    @classmethod
    def parse(cls, value: Any, what: str) -> Descriptor:
        """A descriptor in somebody's document; `what` names it in an error."""
        found = document.mapping(value, what)
        platform = found.get("platform")
        return cls(
            media_type=document.text(found, "mediaType", what),
            digest=check_digest(document.text(found, "digest", what)),
            size=document.size(found, "size", what),
            platform=None
            if platform is None
            else Platform.parse(document.mapping(platform, f"the platform of {what}"), what),
            annotations=document.annotated(found, what),
            artifact_type=document.text(found, "artifactType", what, default=""),
        )

    def json(self) -> Json:
        """The descriptor as a manifest or an index writes it."""
        value: Json = {"mediaType": self.media_type, "digest": self.digest, "size": self.size}
        if self.platform:
            value["platform"] = self.platform.json()
        if self.annotations:
            value["annotations"] = dict(sorted(self.annotations.items()))
        return value

    @property
    def foreign(self) -> bool:
        """Whether this is a layer that lies elsewhere and must not be uploaded."""
        return media.is_foreign(self.media_type)


def digest_of(data: bytes) -> str:
    """The SHA-256 digest of bytes, as descriptors write it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def is_digest(reference: str) -> bool:
    """Whether a reference is meant as a digest rather than as a name."""
    return reference.partition(":")[0] in {"sha256", "sha512"}


def check_digest(digest: str) -> str:
    """A digest, or InvalidInput when it is none: it becomes part of paths and addresses."""
    if not DIGEST.fullmatch(digest):
        raise InvalidInput(f"{digest!r} is not a digest such as sha256:<64 hexadecimal digits>")
    return digest
