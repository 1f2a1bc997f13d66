"""What the pods tell: logs, numbers, traces."""

from __future__ import annotations

from typing import Any

from tests.chart.toggles.toggle import ANY, CONTAINER, GONE, Toggle, variable
from tests.chart_pieces import MONITORED, TRACING, merged

_MONITORED = {"metrics": MONITORED}
_COUNTED = {"metrics": {"enabled": True}}
_TRACED = {"tracing": TRACING}
_PORT = {"name": "metrics", "protocol": "TCP"}
_NOTES = "Deployment spec template metadata annotations prometheus.io"


def _without(part: str) -> dict[str, Any]:
    return merged(_MONITORED, {"metrics": {part: {"enabled": False}}})


def _where(name: str, secret: str) -> dict[str, Any]:
    return {f"{CONTAINER} env {name} valueFrom secretKeyRef name": secret}


OBSERVATION = {
    "logLevel": Toggle("debug", {f"{CONTAINER} env LANGFLOW_LOG_LEVEL value": "debug"}),
    "metrics.enabled": Toggle(
        True,
        {
            **variable("LANGFLOW_PROMETHEUS", "true"),
            f"{CONTAINER} ports metrics": {**_PORT, "containerPort": 9090},
            "NetworkPolicy spec ingress 1": ANY,
            f"{_NOTES}/*": ANY,
        },
    ),
    "metrics.serviceMonitor.enabled": Toggle(
        True,
        {
            "ServiceMonitor": ANY,
            "Service-metrics": ANY,
            # Prometheus would count what it finds in both ways twice.
            f"{_NOTES}/*": GONE,
        },
        _COUNTED,
    ),
    "metrics.serviceMonitor.labels": Toggle(
        {"release": "08"}, {"ServiceMonitor metadata labels release": "08"}, _MONITORED
    ),
    "metrics.serviceMonitor.interval": Toggle(
        "7s", {"ServiceMonitor spec endpoints 0 interval": "7s"}, _MONITORED
    ),
    "metrics.prometheusRule.enabled": Toggle(
        True, {"PrometheusRule": ANY}, _without("prometheusRule")
    ),
    "metrics.prometheusRule.labels": Toggle(
        {"release": "08"}, {"PrometheusRule metadata labels release": "08"}, _MONITORED
    ),
    "metrics.dashboard.enabled": Toggle(True, {"ConfigMap-dashboard": ANY}, _without("dashboard")),
    "metrics.dashboard.labels.grafana_dashboard": Toggle(
        "yes", {"ConfigMap-dashboard metadata labels grafana_dashboard": "yes"}, _MONITORED
    ),
    "tracing.langfuse.baseUrl": Toggle(
        "http://langfuse.example.com:3000",
        {
            f"{CONTAINER} env LANGFUSE_BASE_URL value": "http://langfuse.example.com:3000",
            "NetworkPolicy spec egress 1 ports 1": {"port": 3000, "protocol": "TCP"},
        },
        _TRACED,
    ),
    "tracing.langfuse.existingSecret": Toggle("mine", _where("LANGFUSE_*_KEY", "mine"), _TRACED),
    "tracing.otlp.endpoint": Toggle(
        "http://other.tracing.svc:4318",
        {
            f"{CONTAINER} env OTEL_EXPORTER_OTLP_ENDPOINT value": "http://other.tracing.svc:4318",
            "NetworkPolicy spec egress 2 ports 0 port": 4318,
        },
        _TRACED,
    ),
    "tracing.otlp.existingSecret": Toggle(
        "mine", _where("OTEL_EXPORTER_OTLP_HEADERS", "mine"), _TRACED
    ),
}
