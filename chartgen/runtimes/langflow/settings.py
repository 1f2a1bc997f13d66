"""How Langflow is started and configured inside the pod: one table, one reason a block."""

from __future__ import annotations

from collections.abc import Iterable

from chartgen.model import Credential, Database, Flow, Health, Metrics, Runtime
from chartgen.runtimes.langflow import releases

PORT = 7860
# Everywhere: the pod's network policy says who may come.
EVERYWHERE = "0.0.0.0"  # noqa: S104 - the pod's policy decides
TEMPORARY = "/tmp"  # noqa: S108 - a folder of the container's own
FLOWS = "app/flows"
LAUNCHER = "app/chartgen"
DATA = "/app/data"
CREDENTIALS_FOLDER = "/run/chartgen/credentials"
API_KEY = "LANGFLOW_API_KEY"
FERNET_KEY = r"^[A-Za-z0-9_-]{43}=?$"

# What the full image holds as soon as it is ready is 665 MiB (docs/sizing.md): with a request below
# that a pod is the first to go when a node runs short.
MEMORY_REQUESTS = {"full": "768Mi"}

# One server process: `langflow run` starts three, which do not fit in 1 GiB under load.
# The access log is off because a caller may put the API key into the query string.
SERVER = (
    "python",
    "-m",
    "uvicorn",
    "--app-dir",
    f"/{LAUNCHER}",
    "--factory",
    "guard:create_app",
    "--loop",
    "asyncio",
    "--host",
    EVERYWHERE,
    "--port",
    str(PORT),
    "--no-access-log",
    "--log-level",
    "warning",
)

# The runtime's own secrets. Langflow derives its encryption from the Fernet key, and a key
# of another shape fails at the first use only (langflow-base 1.13.0, services/auth/utils.py).
CREDENTIALS = (
    Credential(
        name=API_KEY,
        min_length=16,
        description="The key that callers of the flows send in the header x-api-key",
    ),
    Credential(
        name="LANGFLOW_SECRET_KEY",
        pattern=FERNET_KEY,
        min_length=43,
        description="Encrypts what Langflow stores: 32 random bytes in URL-safe base64, "
        "the same for all replicas and releases",
    ),
    Credential(
        name="LANGFLOW_SUPERUSER_PASSWORD",
        min_length=12,
        description="Password of the user admin, who owns the flows",
    ),
)

STARTUP, LIVENESS = "/healthz", "/health"
MCP = "/api/v1/mcp/streamable"
CALLS = ("/api/v1/run", "/api/v1/webhook", "/api/v1/responses")
METRICS_PORT = 9090

BASELINE = {
    # Where it listens and what it may write.
    "LANGFLOW_HOST": EVERYWHERE,
    "LANGFLOW_PORT": str(PORT),
    "LANGFLOW_CONFIG_DIR": f"{DATA}/config",
    "HOME": DATA,
    "TMPDIR": TEMPORARY,
    # The image is the truth: what it brings replaces what a database remembers.
    "LANGFLOW_LOAD_FLOWS_PATH": f"/{FLOWS}",
    "LANGFLOW_LOAD_FLOWS_OVERWRITE_ON_NAME_MATCH": "true",
    "LANGFLOW_LOAD_FLOWS_PRESERVE_VARIABLE_BINDINGS": "false",
    # Nobody gets in without the key, and nobody signs up.
    "LANGFLOW_AUTO_LOGIN": "false",
    "LANGFLOW_SKIP_AUTH_AUTO_LOGIN": "false",
    "LANGFLOW_API_KEY_SOURCE": "env",
    "LANGFLOW_SUPERUSER": "admin",
    "LANGFLOW_ENABLE_SUPERUSER_CLI": "false",
    "LANGFLOW_ENABLE_SIGNUP": "false",
    "LANGFLOW_NEW_USER_IS_ACTIVE": "false",
    "LANGFLOW_WEBHOOK_AUTH_ENABLE": "true",
    "LANGFLOW_RATE_LIMIT_ENABLED": "true",
    "LANGFLOW_CORS_ALLOW_CREDENTIALS": "false",
    "LANGFLOW_REFRESH_SAME_SITE": "strict",
    "LANGFLOW_ACCESS_SAME_SITE": "strict",
    # A caller sends input, and changes nothing else of a flow.
    "LANGFLOW_TWEAKS_POLICY": "off",
    "LANGFLOW_ALLOW_PUBLIC_CUSTOM_COMPONENTS": "false",
    "LANGFLOW_CUSTOM_COMPONENT_ADMIN_ONLY": "true",
    # A flow runs the code that it has, or none: never Langflow's own in its place.
    "LANGFLOW_SUBSTITUTE_OUTDATED_COMPONENT_CODE": "false",
    "LANGFLOW_ENABLE_EXTENSION_RELOAD": "false",
    "LANGFLOW_DEVELOPER_API_ENABLED": "false",
    "LANGFLOW_A2A_ENABLED": "false",
    # A runtime, not the editor.
    "LANGFLOW_BACKEND_ONLY": "true",
    "LANGFLOW_OPEN_BROWSER": "false",
    "LANGFLOW_STORE": "false",
    "LANGFLOW_CREATE_STARTER_PROJECTS": "false",
    "LANGFLOW_UPDATE_STARTER_PROJECTS": "false",
    "LANGFLOW_AGENTIC_EXPERIENCE": "false",
    # Flows are MCP tools; servers of other kinds are not started on the side.
    "LANGFLOW_MCP_SERVER_ENABLED": "true",
    "LANGFLOW_MCP_SSE_ENABLED": "false",
    "LANGFLOW_MCP_COMPOSER_ENABLED": "false",
    "LANGFLOW_ADD_PROJECTS_TO_MCP_SERVERS": "false",
    "LANGFLOW_SKIP_MCP_AUTO_INIT": "true",
    "LANGFLOW_MCP_SERVERS_LOCKED": "true",
    # What flows reach: no metadata address, no files of the pod.
    "LANGFLOW_SSRF_PROTECTION_ENABLED": "true",
    "LANGFLOW_CONNECTOR_SSRF_VALIDATION_ENABLED": "true",
    "LANGFLOW_RESTRICT_LOCAL_FILE_ACCESS": "true",
    # Nothing calls home, and no prompt or key is kept.
    "DO_NOT_TRACK": "true",
    "LANGFLOW_DO_NOT_TRACK": "true",
    "LANGFLOW_MODELS_DEV_REFRESH": "false",
    "LANGFLOW_REMOVE_API_KEYS": "true",
    "LANGFLOW_TRANSACTIONS_STORAGE_ENABLED": "false",
    "LANGFLOW_NATIVE_TRACING": "false",
    "LANGFLOW_VERTEX_BUILDS_STORAGE_ENABLED": "false",
    # Every call asks Langfuse, where there is one, and while that is silent the server stands.
    "LANGFUSE_TIMEOUT": "2",
    "LANGFLOW_LOG_ENV": "container_json",
    "LANGFLOW_LOG_LEVEL": "warning",
    # At level info it would tell the addresses of all calls, and some services take a key in them.
    "LANGFLOW_LOG_LEVELS": "httpx=WARNING",
}


def requests(flows: Iterable[Flow]) -> dict[str, list[str]]:
    """What the guard lets through: method → paths. All else of Langflow's API stays outside.

    Flows answer by endpoint and by id; their list is what `helm test` compares.
    """
    names = sorted(name for flow in flows for name in (flow.endpoint, flow.id))
    *by_name, responses = CALLS
    asked = [*(f"{path}/{name}" for path in by_name for name in names), responses]
    seen = [STARTUP, LIVENESS]
    return {
        "GET": [*seen, "/api/v1/flows/", MCP],
        "HEAD": seen,
        "POST": [*asked, MCP],
        "DELETE": [MCP],
        # What a browser asks before it sends a key from another site.
        "OPTIONS": [*asked, MCP],
    }


def runtime(
    version: str, *, imported: Iterable[str], only_official_code: bool, profile: str = "base"
) -> Runtime:
    """How a container runs Langflow.

    Credentials are read from the environment when a flow needs them, and never stored,
    unless MCP servers need some (`imported`): those Langflow reads from its database alone.
    `only_official_code` locks out every component that is not Langflow's own; the launcher locks
    out all that is not packaged. `profile` is that
    of the base image.
    """
    names = sorted(imported)
    return Runtime(
        name="langflow",
        version=version,
        port=PORT,
        command=("python", f"/{LAUNCHER}/start.py"),
        # Byte code that root's layers lack would stay behind.
        check=("python", "-B", f"/{LAUNCHER}/check.py"),
        verification=("python", f"/{LAUNCHER}/verify.py", API_KEY),
        # /health answers before Langflow is up (lfx, api/health_check_router.py).
        health=Health(startup=STARTUP, readiness=STARTUP, liveness=LIVENESS),
        environment={
            **BASELINE,
            "LANGFLOW_ALLOW_CUSTOM_COMPONENTS": str(not only_official_code).lower(),
            "LANGFLOW_BLOCK_CODE_INTERPRETER_COMPONENTS": str(only_official_code).lower(),
            "LANGFLOW_STORE_ENVIRONMENT_VARIABLES": str(bool(names)).lower(),
            **({"LANGFLOW_VARIABLES_TO_GET_FROM_ENVIRONMENT": ",".join(names)} if names else {}),
        },
        memory_request=MEMORY_REQUESTS.get(profile, ""),
        writable_paths=(DATA, TEMPORARY),
        database=Database(
            env="LANGFLOW_DATABASE_URL",
            default=f"sqlite:///{DATA}/langflow.db",
            pool_env="LANGFLOW_DB_CONNECTION_SETTINGS",
            folder=DATA,
        ),
        api_key=API_KEY,
        api_key_header="x-api-key",
        request={"input_value": "Hello"},
        mcp_path=MCP,
        call_paths=CALLS,
        credentials_folder=CREDENTIALS_FOLDER,
        metrics=Metrics(
            port=METRICS_PORT,
            path="/metrics",
            environment={
                "LANGFLOW_PROMETHEUS_ENABLED": "true",
                "LANGFLOW_PROMETHEUS_PORT": str(METRICS_PORT),
            },
        ),
        log_level_env="LANGFLOW_LOG_LEVEL",
        distributions=releases.DISTRIBUTIONS,
    )
