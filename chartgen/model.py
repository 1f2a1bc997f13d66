"""The words of the program: what a release is made of.

Standard library only, frozen, keyword-only. Nothing here knows which runtime
(Langflow today) an application comes from, and nothing here ever holds a
credential's value.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

# The label by which an image says which release of its runtime it holds.
RELEASE_LABEL = "dev.chartgen.runtime.version"

Level = Literal["error", "warning", "info"]
ParameterType = Literal["string", "integer", "number", "boolean", "array"]
Scalar = str | int | float | bool


@dataclass(frozen=True, kw_only=True, order=True)
class Finding:
    """Something a person should know about the input.

    `file` is relative to the folder that was given, `at` is a JSON path in it.
    `message` says what is wrong and `fix` what to do; neither ever holds a secret.
    """

    level: Level
    code: str
    message: str
    file: str = ""
    at: str = ""
    flow: str = ""
    component: str = ""
    field: str = ""
    fix: str = ""


@dataclass(frozen=True, kw_only=True, order=True)
class Use:
    """One place where a flow uses a credential or a parameter, in the words of the editor."""

    flow: str
    component: str
    field: str

    def __str__(self) -> str:
        return " → ".join(part for part in (self.flow, self.component, self.field) if part)


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A secret that whoever installs the chart brings along: a name, never a value.

    `pattern` is a regular expression (ECMA 262, as JSON Schema wants it) that a
    usable value matches, or "" when every non-empty text will do.
    """

    name: str
    used_by: tuple[Use, ...] = ()
    required: bool = True
    description: str = ""
    pattern: str = ""
    min_length: int = 1


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A setting that may be changed at deploy time, typed as the runtime types it.

    `default` is None when there is none; with `required` the installer must then set it.
    """

    name: str
    type: ParameterType = "string"
    default: Scalar | tuple[Scalar, ...] | None = None
    required: bool = False
    choices: tuple[Scalar, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    description: str = ""
    used_by: tuple[Use, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What `chartgen.yaml` says about one field: by which name it is set at deploy time.

    `flow` and `component` are display names or ids; an empty one selects all.
    """

    field: str
    name: str
    flow: str = ""
    component: str = ""
    required: bool = True
    description: str = ""

    def __str__(self) -> str:
        return " → ".join(part for part in (self.flow, self.component, self.field) if part)


@dataclass(frozen=True, kw_only=True)
class Exemption:
    """A reviewed exception: what was found under this fingerprint may stay, until a day."""

    fingerprint: str
    reason: str
    expires: str


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """A base below the floor that `chartgen.yaml` allows: by its release, until a day."""

    version: str
    reason: str
    expires: str


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a user asks a runtime for: the options of one run that shape the application.

    `modules` says which package brings a module; "" is for one that nothing need be added for.
    `today` is the day by which exceptions expire, as ISO 8601 writes it.
    """

    name: str
    version: str
    display_name: str = ""
    description: str = ""
    base: str = ""
    packages: tuple[str, ...] = ()
    modules: Mapping[str, str] = field(default_factory=dict)
    credentials: tuple[Selection, ...] = ()
    parameters: tuple[Selection, ...] = ()
    bind_literals: bool = False
    exceptions: tuple[Exemption, ...] = ()
    old_bases: tuple[Allowance, ...] = ()
    today: str = ""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One flow as it is served: `path` is its HTTP path, `file` its place in the image."""

    id: str
    name: str
    endpoint: str
    description: str
    path: str
    file: str
    sha256: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Input:
    """One input file: path relative to what was given, and the SHA-256 of its bytes."""

    path: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Host:
    """A host and TCP port that a flow names, and where it does."""

    name: str
    port: int
    used_by: tuple[Use, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Health:
    """HTTP paths that the three probes ask."""

    startup: str
    readiness: str
    liveness: str


@dataclass(frozen=True, kw_only=True)
class Database:
    """The environment variable that names the database, and its address for a lone replica.

    `pool_env` takes the settings of the connection pool, as JSON. `folder` is the writable path
    that holds what a lone replica remembers.
    """

    env: str
    default: str
    pool_env: str = ""
    folder: str = ""


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """Where Prometheus finds the numbers of a pod, and the environment that turns them on."""

    port: int
    path: str
    environment: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """How a container of this application is started, asked and fed.

    `api_key` names the credential that callers send in the header `api_key_header`.
    `writable_paths` are the only folders the process writes to, `request` is the JSON body
    of an example call. `verification` is a command of the image that gets the address of the
    Service as its last argument, and ends well when exactly the packaged flows are served.
    `check` is one that proves, while the image is built, that every flow can be loaded.
    `call_paths` are the beginnings of the paths that callers ask, MCP aside. In the folder
    `credentials_folder` a credential may lie as a file of its name, in place of a variable.
    `log_level_env` is the variable that says how much is logged. `memory_request` is a Kubernetes
    quantity where the chart's own request would be too little. `distributions` are the Python
    packages whose version tells which release of the runtime a base holds, the best first.
    """

    name: str
    version: str
    port: int
    command: tuple[str, ...]
    verification: tuple[str, ...]
    health: Health
    environment: Mapping[str, str]
    writable_paths: tuple[str, ...]
    database: Database
    api_key: str
    api_key_header: str
    request: Mapping[str, str]
    mcp_path: str
    call_paths: tuple[str, ...]
    credentials_folder: str
    metrics: Metrics
    log_level_env: str
    check: tuple[str, ...] = ()
    memory_request: str = ""
    distributions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Base:
    """The image that the release stands on, with the reason why it was chosen.

    `version` is the release of the runtime that it holds, "" while nobody knows it.
    """

    reference: str
    profile: str
    reason: str
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class Module:
    """A module that code imports as it is loaded, and the package that was added to bring it.

    `name` is dotted, and its last part may be a name in the module before; `package` is one of
    `App.packages`.
    """

    name: str
    package: str
    used_by: tuple[Use, ...]


@dataclass(frozen=True, kw_only=True)
class App:
    """The narrow waist: what an application is to the rest of the program.

    `files` is what goes into the image: absolute path without the leading slash → bytes.
    `packages` are requirement strings that the base lacks, `constraints` pin the runtime;
    `modules` is what the packages must have, so that all code can be loaded.
    """

    name: str
    version: str
    description: str
    runtime: Runtime
    base: Base
    flows: tuple[Flow, ...]
    credentials: tuple[Credential, ...]
    parameters: tuple[Parameter, ...]
    packages: tuple[str, ...]
    constraints: tuple[str, ...]
    hosts: tuple[Host, ...]
    inputs: tuple[Input, ...]
    findings: tuple[Finding, ...]
    files: Mapping[str, bytes] = field(repr=False)
    modules: tuple[Module, ...] = ()

    @property
    def flows_sha256(self) -> str:
        """One hash over all flows: it changes when any of them does, and with nothing else."""
        lines = sorted(f"{flow.id} {flow.sha256}\n" for flow in self.flows)
        return hashlib.sha256("".join(lines).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class ImageRef:
    """An image: repository with its registry, tag, and the manifest digest once it is known."""

    repository: str
    tag: str
    digest: str = ""

    def __str__(self) -> str:
        pinned = f"@{self.digest}" if self.digest else ""
        return f"{self.repository}:{self.tag}{pinned}"


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A finished chart: its files, and the archive that `helm install` takes."""

    name: str
    version: str
    files: Mapping[str, bytes] = field(repr=False)
    archive: bytes = field(repr=False)
    digest: str
