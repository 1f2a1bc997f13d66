"""A chart as OCI artifact: the same bytes that `helm push` makes of the same archive.

Source: Helm 4.3, `pkg/registry/client.go` (`Push`) and `pkg/registry/chart.go` (annotations),
`pkg/chart/v2/metadata.go` (the order of the configuration's keys).
"""

from __future__ import annotations

import io
import json
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chartgen.chart import text
from chartgen.errors import InvalidInput
from chartgen.oci.descriptor import digest_of

CONFIG_TYPE = "application/vnd.cncf.helm.config.v1+json"
LAYER_TYPE = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
KEYS = (
    *("name", "home", "sources", "version", "description", "keywords", "maintainers", "icon"),
    *("apiVersion", "condition", "tags", "appVersion", "deprecated", "annotations"),
    *("kubeVersion", "dependencies", "type"),
)
TITLE = "org.opencontainers.image.title"
VERSION = "org.opencontainers.image.version"
OWN = "org.opencontainers.image."


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """What a registry stores of a chart: configuration, archive, and the manifest over both."""

    tag: str
    config: bytes = field(repr=False)
    layer: bytes = field(repr=False)
    manifest: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """Digest of the manifest: what the chart is known by in every registry."""
        return digest_of(self.manifest)


def artifact(archive: bytes) -> Artifact:
    """The artifact of a chart, a pure function of its archive."""
    metadata = _plain(text.from_yaml(_metadata(archive)))
    metadata["annotations"] = dict(sorted((metadata.get("annotations") or {}).items()))
    config = _go_json({key: metadata[key] for key in KEYS if metadata.get(key)})
    manifest = {
        "schemaVersion": 2,
        "config": _descriptor(CONFIG_TYPE, config),
        "layers": [_descriptor(LAYER_TYPE, archive)],
        "annotations": dict(sorted(_annotations(metadata).items())),
    }
    return Artifact(
        # A tag cannot hold the plus sign of a version with build metadata.
        tag=str(metadata["version"]).replace("+", "_"),
        config=config,
        layer=archive,
        manifest=_go_json(manifest),
    )


def _metadata(archive: bytes) -> bytes:
    """Chart.yaml, which stands in the archive's only folder."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as files:
            for entry in files:
                content = files.extractfile(entry)
                if content and entry.name.count("/") == 1 and entry.name.endswith("/Chart.yaml"):
                    return content.read()
    except (tarfile.TarError, OSError, EOFError, zlib.error) as fault:
        raise InvalidInput(f"this is not a chart: {fault}") from fault
    raise InvalidInput("this is not a chart: there is no Chart.yaml in it")


def _annotations(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Helm's own annotations, then the chart's, which may replace all but name and version."""
    own = {
        f"{OWN}description": metadata.get("description"),
        TITLE: metadata["name"],
        VERSION: metadata["version"],
        f"{OWN}url": metadata.get("home"),
    }
    given = {
        key: value for key, value in metadata["annotations"].items() if key not in (TITLE, VERSION)
    }
    return {key: str(value) for key, value in {**own, **given}.items() if value}


def _descriptor(media_type: str, data: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest_of(data), "size": len(data)}


def _go_json(value: Any) -> bytes:
    """JSON as Go's encoder writes it: compact, HTML's characters escaped."""
    encoded = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        encoded = encoded.replace(character, f"\\u{ord(character):04x}")
    return encoded.encode()


def _plain(value: Any) -> Any:
    """Parsed YAML without the parser's own types."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, str) else value
