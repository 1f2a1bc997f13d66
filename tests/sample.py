"""A small application with one of everything, for all tests that need one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chartgen.model import (
    App,
    Base,
    Credential,
    Database,
    Flow,
    Health,
    Host,
    ImageRef,
    Input,
    Metrics,
    Parameter,
    Runtime,
    Use,
)

DIGEST = "sha256:" + "d" * 64
FERNET = "^[A-Za-z0-9_-]{43}=?$"


def sample_image(**changes: Any) -> ImageRef:
    """Return the image of the sample, with changes."""
    image = ImageRef(repository="registry.example.com/team/support", tag="1.2.0", digest=DIGEST)
    return replace(image, **changes)


def sample_flow(**changes: Any) -> Flow:
    """Return a flow, with changes."""
    flow = Flow(
        id="8f3ba2f5-6d1c-4a55-9a0e-1b6f6f0d7c11",
        name="Support bot",
        endpoint="support-bot",
        description="Answers the questions of customers.",
        path="/api/v1/run/support-bot",
        file="/app/flows/support-bot.json",
        sha256="a" * 64,
        source="support-bot.json",
    )
    return replace(flow, **changes)


def sample_runtime(**changes: Any) -> Runtime:
    """Return a runtime, with changes."""
    runtime = Runtime(
        name="langflow",
        version="1.13.0",
        port=7860,
        command=("python", "-m", "langflow", "run", "--backend-only"),
        verification=("python", "/app/chartgen/verify.py", "LANGFLOW_API_KEY"),
        health=Health(startup="/healthz", readiness="/healthz", liveness="/health"),
        environment={"HOME": "/app/data", "LANGFLOW_HOST": "0.0.0.0", "LANGFLOW_PORT": "7860"},  # noqa: S104
        writable_paths=("/app/data", "/tmp"),  # noqa: S108
        database=Database(
            env="LANGFLOW_DATABASE_URL",
            default="sqlite:////app/data/langflow.db",
            pool_env="LANGFLOW_DB_CONNECTION_SETTINGS",
            folder="/app/data",
        ),
        api_key="LANGFLOW_API_KEY",
        api_key_header="x-api-key",
        request={"input_value": "Hello"},
        mcp_path="/api/v1/mcp/streamable",
        call_paths=("/api/v1/run", "/api/v1/responses"),
        credentials_folder="/run/chartgen/credentials",
        metrics=Metrics(port=9090, path="/metrics", environment={"LANGFLOW_PROMETHEUS": "true"}),
        log_level_env="LANGFLOW_LOG_LEVEL",
    )
    return replace(runtime, **changes)


def sample_app(**changes: Any) -> App:
    """Return the sample application, with changes."""
    app = App(
        name="support",
        version="1.2.0",
        description="Flows of the support desk",
        runtime=sample_runtime(),
        base=Base(
            reference=f"docker.io/langflowai/langflow-backend:1.13.0@sha256:{'b' * 64}",
            profile="backend",
            reason="no flow needs more",
        ),
        flows=(
            sample_flow(),
            sample_flow(
                id="2c9f4d1e-93d0-4b8a-8a7e-5f8f1c2f9a22",
                name="Ticket triage",
                endpoint="ticket-triage",
                path="/api/v1/run/ticket-triage",
                file="/app/flows/ticket-triage.json",
                sha256="c" * 64,
                source="support/ticket-triage.json",
            ),
        ),
        credentials=_credentials(),
        parameters=_parameters(),
        packages=("langchain-openai",),
        constraints=("langflow-base==1.13.0",),
        hosts=(Host(name="api.openai.com", port=443),),
        inputs=(Input(path="support-bot.json", sha256="e" * 64),),
        findings=(),
        files={"app/flows/support-bot.json": b"{}", "app/flows/ticket-triage.json": b"{}"},
    )
    return replace(app, **changes)


def _credentials() -> tuple[Credential, ...]:
    return (
        Credential(name="LANGFLOW_API_KEY", description="Key that callers send", min_length=16),
        Credential(
            name="LANGFLOW_SECRET_KEY",
            description="Key that encrypts what the runtime stores",
            pattern=FERNET,
            min_length=43,
        ),
        Credential(
            name="OPENAI_API_KEY",
            used_by=(
                Use(flow="Support bot", component="OpenAI", field="API Key"),
                Use(flow="Ticket triage", component="Agent", field="API Key"),
            ),
        ),
        Credential(
            name="TAVILY_API_KEY",
            used_by=(Use(flow="Support bot", component="Web search", field="Tavily API Key"),),
            required=False,
        ),
    )


def _parameters() -> tuple[Parameter, ...]:
    use = Use(flow="Support bot", component="OpenAI", field="")
    return (
        Parameter(
            name="SUPPORT_TONE",
            default="friendly",
            choices=("friendly", "formal"),
            description="How answers sound",
            used_by=(replace(use, field="Tone"),),
        ),
        Parameter(
            name="MAX_TOKENS",
            type="integer",
            default=1000000,
            minimum=1,
            description="Longest answer",
            used_by=(replace(use, field="Max Tokens"),),
        ),
        Parameter(name="TEMPERATURE", type="number", default=0.1, minimum=0, maximum=2),
        Parameter(name="STREAM", type="boolean", default=False),
        Parameter(name="TOPICS", type="array", default=("billing", "shipping & more")),
        Parameter(
            name="HELP_URL",
            required=True,
            description="Page to point customers to",
            used_by=(replace(use, component="Prompt", field="Help page"),),
        ),
        Parameter(name="SIGNATURE", description="Last line of an answer"),
    )
