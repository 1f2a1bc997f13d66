"""The pod of a release's chart: what its container runs and may do, read from the chart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chartgen import report
from chartgen.chart import beside, text
from chartgen.local.quantities import exact
from chartgen.model import ImageRef

FILES = ("app.json", "values.yaml")


@dataclass(frozen=True, kw_only=True)
class Pod:
    """A chart's pod with the values that the chart itself has.

    `release` is the report, `app` the chart's app.json, `values` its values.yaml.
    """

    release: Mapping[str, Any] = field(repr=False)
    app: Mapping[str, Any] = field(repr=False)
    values: Mapping[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        """The release's name."""
        return str(self.release["name"])

    @property
    def version(self) -> str:
        """The release's version."""
        return str(self.release["version"])

    @property
    def image(self) -> ImageRef:
        """The image as the chart names it."""
        told = self.values["image"]
        tag = str(told["tag"]) or self.version.replace("+", "_")
        return ImageRef(
            repository=str(told["repository"]), tag=tag, digest=str(told["digest"] or "")
        )

    @property
    def image_of_engine(self) -> str:
        """What an engine calls the image that it was given and did not pull."""
        return f"{self.image.repository}:{self.image.tag}"

    @property
    def pool(self) -> dict[str, str]:
        """How the runtime keeps connections to a shared database: `app.databasePool`."""
        name, values = self.app["database"].get("poolEnv"), self.values.get("databasePool")
        if not name or not values:
            return {}
        settings = {
            "echo": False,
            "max_overflow": values["maxOverflow"],
            "pool_pre_ping": values["prePing"],
            "pool_recycle": values["recycleSeconds"],
            "pool_size": values["size"],
            "pool_timeout": values["timeoutSeconds"],
        }
        return {name: text.to_line(settings)}

    @property
    def environment(self) -> dict[str, str]:
        """The runtime's settings, and the database of a lone container."""
        database = self.app["database"]
        return {database["env"]: database["default"], **self.app["environment"]}

    @property
    def user(self) -> str:
        """User and group as numbers."""
        context = self.values["podSecurityContext"]
        return f"{context['runAsUser']}:{context['runAsGroup']}"

    @property
    def restrictions(self) -> dict[str, Any]:
        """What the container may not do, in words that Compose and the engine's API share."""
        context = self.values["securityContext"]
        risen = context["allowPrivilegeEscalation"]
        return {
            "user": self.user,
            # An engine gives a tmpfs owner and mode of the image's folder: root's group may write.
            "group_add": [str(self.values["podSecurityContext"]["fsGroup"]), "0"],
            "read_only": context["readOnlyRootFilesystem"],
            "cap_drop": [str(one) for one in context["capabilities"]["drop"]],
            "security_opt": [] if risen else ["no-new-privileges:true"],
        }

    @property
    def memory(self) -> int:
        """The most memory in bytes; there is no swap, as on a node."""
        return int(exact(self.values["resources"]["limits"]["memory"]))

    @property
    def processors(self) -> float:
        """The most processors."""
        return float(exact(self.values["resources"]["limits"]["cpu"]))

    @property
    def shares(self) -> int:
        """Weight among those who want a processor at once, in the engine's unit."""
        return int(exact(self.values["resources"]["requests"]["cpu"]) * 1024)

    @property
    def grace(self) -> int:
        """Seconds to finish requests in."""
        return int(self.values["terminationGracePeriodSeconds"])

    @property
    def patience(self) -> int:
        """Seconds that starting may take."""
        startup = self.values["startupProbe"]
        return int(startup["periodSeconds"] * startup["failureThreshold"])

    @property
    def check(self) -> list[str]:
        """The command that asks what the readiness probe asks, on the runtime's own Python."""
        path, port = self.app["health"]["readiness"], self.app["port"]
        seconds = self.values["readinessProbe"]["timeoutSeconds"]
        # No curl, which an image need not have.
        asking = (
            "from http.client import HTTPConnection; "
            f"server = HTTPConnection('127.0.0.1', {port:d}, timeout={seconds:d}); "
            f"server.request('GET', {path!r}); "
            "raise SystemExit(server.getresponse().status >= 400)"
        )
        return ["CMD", self.app["command"][0], "-c", asking]


def read(file: Path) -> Pod:
    """The pod of a release whose report is given; its chart lies beside the report.

    Raises InvalidInput when one of them is missing, or not what the report says.
    """
    release = report.read(file)
    found = beside.data(release, file.parent, FILES)
    return Pod(release=release, app=found["app.json"], values=found["values.yaml"])
