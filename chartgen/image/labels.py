"""What an image says about itself, however it is built."""

from __future__ import annotations

from chartgen.image import bases
from chartgen.model import App
from chartgen.render import one_line

# The user and group of Langflow's own images; the group is OpenShift's.
USER = "1000:0"


def labels(app: App) -> dict[str, str]:
    """The labels of an application's image: OCI's own keys, and which flows it holds."""
    base = app.base.reference
    return {
        "org.opencontainers.image.title": app.name,
        "org.opencontainers.image.version": app.version,
        "org.opencontainers.image.description": one_line(app.description),
        # A folder of this machine is nobody else's business.
        **({} if bases.is_local(base) else {"org.opencontainers.image.base.name": base}),
        "dev.chartgen.runtime": f"{app.runtime.name} {app.runtime.version}",
        "dev.chartgen.flows.sha256": app.flows_sha256,
    }
