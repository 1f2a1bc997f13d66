"""How many pods there are, what they keep, and what is saved of it."""

from __future__ import annotations

from typing import Any

from tests.chart.toggles.toggle import ANY, GONE, POD, Toggle
from tests.chart_pieces import DUMP, PARTS, SAVED, SHARED, STORE

_SCALED = {**SHARED, "autoscaling": {"enabled": True}}
_SCALER = "HorizontalPodAutoscaler spec"
_LONE = {"persistence": {"enabled": True}}
_CLAIM = "PersistentVolumeClaim"
_SAVED = {"database": PARTS, "backup": SAVED}
_STORED = {"database": PARTS, "backup": STORE}
_JOB = "CronJob-backup spec jobTemplate spec template spec"
_DUMP = f"{_JOB} containers dump"
_UPLOAD = f"{_JOB} containers upload"
_SPREAD = {f"{POD} topologySpreadConstraints": ANY}


def _utilization(name: str, percent: int) -> dict[str, Any]:
    target = {"type": "Utilization", "averageUtilization": percent}
    return {"type": "Resource", "resource": {"name": name, "target": target}}


def _resources() -> dict[str, Toggle]:
    return {
        f"backup.resources.{part}.{name}": Toggle(
            value, {f"{_DUMP} resources {part} {name}": value}, _SAVED
        )
        for part, cpu in (("requests", "50m"), ("limits", "2"))
        for name, value in (("cpu", cpu), ("memory", "300Mi"), ("ephemeral-storage", "300Mi"))
    }


SCALE = {
    "replicaCount": Toggle(
        3,
        {"Deployment spec replicas": 3, "PodDisruptionBudget": ANY, **_SPREAD},
        SHARED,
    ),
    "autoscaling.enabled": Toggle(
        True,
        {
            "HorizontalPodAutoscaler": ANY,
            "PodDisruptionBudget": ANY,
            "Deployment spec replicas": GONE,
            **_SPREAD,
        },
        SHARED,
    ),
    "autoscaling.minReplicas": Toggle(3, {f"{_SCALER} minReplicas": 3}, _SCALED),
    "autoscaling.maxReplicas": Toggle(4, {f"{_SCALER} maxReplicas": 4}, _SCALED),
    "autoscaling.targetCPUUtilizationPercentage": Toggle(
        50, {f"{_SCALER} metrics 0 resource target averageUtilization": 50}, _SCALED
    ),
    "autoscaling.targetMemoryUtilizationPercentage": Toggle(
        90, {f"{_SCALER} metrics 1": _utilization("memory", 90)}, _SCALED
    ),
    "podDisruptionBudget.enabled": Toggle(
        False, {"PodDisruptionBudget": GONE}, {**SHARED, "replicaCount": 2}
    ),
    "persistence.enabled": Toggle(
        True,
        {
            _CLAIM: ANY,
            "Deployment spec strategy type": "Recreate",
            "Deployment spec strategy rollingUpdate": GONE,
            f"{POD} volumes writable-0 emptyDir": GONE,
            f"{POD} volumes writable-0 persistentVolumeClaim": {"claimName": "demo-support"},
        },
    ),
    "persistence.existingClaim": Toggle(
        "mine",
        {_CLAIM: GONE, f"{POD} volumes writable-0 persistentVolumeClaim claimName": "mine"},
        _LONE,
    ),
    "persistence.storageClassName": Toggle(
        "fast", {f"{_CLAIM} spec storageClassName": "fast"}, _LONE
    ),
    "persistence.size": Toggle("9Gi", {f"{_CLAIM} spec resources requests storage": "9Gi"}, _LONE),
    "persistence.annotations": Toggle(
        {"a": "08"}, {f"{_CLAIM} metadata annotations": {"a": "08"}}, _LONE
    ),
    "backup.enabled": Toggle(
        True,
        {"CronJob-backup": ANY, "NetworkPolicy-backup": ANY, f"{_CLAIM}-backup": ANY},
        {"database": PARTS, "backup": DUMP},
    ),
    "backup.schedule": Toggle("1 2 * * 3", {"CronJob-backup spec schedule": "1 2 * * 3"}, _SAVED),
    "backup.image": Toggle("example.com/dump:1", {f"{_DUMP} image": "example.com/dump:1"}, _SAVED),
    "backup.keep": Toggle(3, {f"{_DUMP} command 2": ANY}, _SAVED),
    "backup.existingClaim": Toggle(
        "mine",
        {
            f"{_CLAIM}-backup": GONE,
            f"{_JOB} volumes backup persistentVolumeClaim claimName": "mine",
        },
        _SAVED,
    ),
    "backup.storageClassName": Toggle(
        "fast", {f"{_CLAIM}-backup spec storageClassName": "fast"}, _SAVED
    ),
    "backup.size": Toggle(
        "9Gi", {f"{_CLAIM}-backup spec resources requests storage": "9Gi"}, _SAVED
    ),
    "backup.s3.bucket": Toggle("other", {f"{_JOB} * env BUCKET value": ":s3:other"}, _STORED),
    "backup.s3.endpoint": Toggle(
        "https://s3.example.com",
        {
            f"{_JOB} * env RCLONE_S3_ENDPOINT value": "https://s3.example.com",
            "NetworkPolicy-backup spec egress 2 ports 0 port": 443,
        },
        _STORED,
    ),
    "backup.s3.region": Toggle("eu", {f"{_JOB} * env RCLONE_S3_REGION value": "eu"}, _STORED),
    "backup.s3.existingSecret": Toggle(
        "mine", {f"{_JOB} * env AWS_* valueFrom secretKeyRef name": "mine"}, _STORED
    ),
    "backup.s3.image": Toggle(
        "example.com/up:1", {f"{_UPLOAD} image": "example.com/up:1"}, _STORED
    ),
    **_resources(),
}
