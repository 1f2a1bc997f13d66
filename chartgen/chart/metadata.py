"""Chart.yaml: who the chart is, and which flows and image it stands for."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from chartgen import resources
from chartgen.chart import text
from chartgen.model import App, ImageRef


def build(app: App, image: ImageRef, epoch: int) -> dict[str, Any]:
    """Return the content of Chart.yaml."""
    runtime = f"{app.runtime.name} {app.runtime.version}"
    flows = [{"endpoint": f.endpoint, "id": f.id, "sha256": f.sha256} for f in app.flows]
    return {
        "apiVersion": "v2",
        "type": "application",
        "name": app.name,
        "version": app.version,
        "appVersion": app.version,
        "description": app.description or f"{app.name}: flows on {runtime}",
        "kubeVersion": ">=1.30.0-0",
        "icon": _icon(),
        "keywords": ["flows", app.runtime.name],
        "annotations": {
            "chartgen.dev/flows-sha256": app.flows_sha256,
            "chartgen.dev/flows": text.to_line(flows),
            "chartgen.dev/runtime": runtime,
            "chartgen.dev/base-image": app.base.reference,
            # Helm would put the time of the archive's file into the registry's manifest.
            "org.opencontainers.image.created": _rfc3339(epoch),
            "artifacthub.io/category": "ai-machine-learning",
            **({"artifacthub.io/prerelease": "true"} if "-" in app.version.split("+")[0] else {}),
            "artifacthub.io/images": text.to_line([{"name": app.name, "image": str(image)}]),
        },
    }


def _icon() -> str:
    """The icon itself as an address: a chart in a closed network has nowhere to fetch it from."""
    image = resources.chart_icon().strip()
    return f"data:image/svg+xml;base64,{base64.b64encode(image).decode()}"


def _rfc3339(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
