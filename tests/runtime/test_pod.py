"""A pod's specification is carried out to the last field, or refused."""

from __future__ import annotations

import base64
import copy
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helm import Objects
from tests.runtime import pod
from tests.runtime.fields import Unknown
from tests.runtime.quantities import amount, exact

PROBE = {"httpGet": {"path": "/ok", "port": "http"}}
CONTAINER: dict[str, Any] = {
    "name": "one",
    "image": "example.com/one@sha256:0",
    "command": ["run", "$(NAME)", "$(NOBODY)", "$$(NAME)"],
    "env": [
        {"name": "NAME", "value": "robin"},
        {"name": "GREETING", "value": "hello $(NAME), $(LATER), $$5"},
        {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "mine", "key": "token"}}},
        {
            "name": "NO_KEY",
            "valueFrom": {"secretKeyRef": {"name": "mine", "key": "no", "optional": True}},
        },
        {"name": "LATER", "value": "x"},
    ],
    "envFrom": [{"secretRef": {"name": "mine"}, "prefix": "MY_"}],
    "ports": [{"name": "http", "containerPort": 80}],
    "resources": {
        "limits": {"cpu": "1500m", "memory": "1Gi"},
        "requests": {"cpu": "500m", "memory": "512Mi"},
    },
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    },
    "volumeMounts": [
        {"name": "scratch", "mountPath": "/scratch"},
        {"name": "keys", "mountPath": "/keys"},
    ],
    "startupProbe": {**PROBE, "periodSeconds": 5, "failureThreshold": 60},
    "readinessProbe": PROBE,
    "livenessProbe": {**PROBE, "timeoutSeconds": 10},
}
POD: dict[str, Any] = {
    "automountServiceAccountToken": False,
    "enableServiceLinks": False,
    "securityContext": {
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "runAsGroup": 0,
        "fsGroup": os.getgid(),
        "seccompProfile": {"type": "RuntimeDefault"},
    },
    "containers": [CONTAINER],
    "volumes": [
        {"name": "scratch", "emptyDir": {}},
        {"name": "keys", "secret": {"secretName": "mine", "defaultMode": 0o400}},
    ],
}
SECRET = {
    "metadata": {"name": "mine"},
    "data": {"token": base64.b64encode(b"s3cret").decode()},
}


def objects(change: Callable[[dict[str, Any]], object] = lambda spec: None) -> Objects:
    """A chart's objects, once `change` has been at the pod's specification."""
    spec = copy.deepcopy(POD)
    change(spec)
    return {"Deployment": {"spec": {"template": {"spec": spec}}}, "Secret": SECRET}


def test_the_container_gets_what_the_pod_says_and_nothing_else(tmp_path: Path) -> None:
    made = pod.read(objects(), tmp_path).arguments
    del made["mounts"]
    assert made == {
        "image": "example.com/one@sha256:0",
        "entrypoint": ["run", "robin", "$(NOBODY)", "$(NAME)"],
        "command": None,
        "environment": {
            "MY_token": "s3cret",
            "NAME": "robin",
            "GREETING": "hello robin, $(LATER), $5",
            "KEY": "s3cret",
            "LATER": "x",
        },
        "mem_limit": 1 << 30,
        "memswap_limit": 1 << 30,
        "nano_cpus": 1_500_000_000,
        "cpu_shares": 512,
        "user": "10001:0",
        "group_add": [os.getgid()],
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
    }


def test_volumes_have_the_owners_and_modes_that_a_kubelet_gives(tmp_path: Path) -> None:
    made = pod.read(objects(), tmp_path).arguments
    scratch, keys = made["mounts"]
    assert (scratch["Target"], scratch["Type"], scratch["ReadOnly"]) == ("/scratch", "bind", False)
    assert (keys["Target"], keys["Type"], keys["ReadOnly"]) == ("/keys", "bind", True)
    assert stat.filemode(Path(scratch["Source"]).stat().st_mode) == "drwxrwsrwx"
    token = Path(keys["Source"]) / "token"
    assert (token.read_bytes(), stat.filemode(token.stat().st_mode)) == (b"s3cret", "-r--r-----")


def test_a_projected_volume_has_the_files_of_several_secrets(tmp_path: Path) -> None:
    others = {("Secret", "theirs"): {"a": b"A", "b": b"B"}}
    sources: list[Any] = [
        {"secret": {"name": "mine"}},
        {"secret": {"name": "theirs", "items": [{"key": "b", "path": "KEY"}]}},
        {"secret": {"name": "theirs", "items": [{"key": "c", "path": "C"}], "optional": True}},
        {"secret": {"name": "nobody's", "optional": True}},
    ]
    projected = {"defaultMode": 0o440, "sources": sources}

    def change(spec: dict[str, Any]) -> None:
        spec["volumes"][1] = {"name": "keys", "projected": projected}

    made = pod.read(objects(change), tmp_path / "first", others).arguments["mounts"][1]
    folder = Path(made["Source"])
    names = {file.name for file in folder.iterdir() if not file.name.startswith("..")}
    assert (made["Target"], made["ReadOnly"], names) == ("/keys", True, {"token", "KEY"})
    # A kubelet exchanges all files at once: they are links.
    assert (folder / "KEY").readlink() == Path("..data/KEY")
    assert (folder / "KEY").read_bytes() == b"B"
    assert stat.filemode((folder / "KEY").stat().st_mode) == "-r--r-----"
    sources.append({"secret": {"name": "theirs", "items": [{"key": "c", "path": "C"}]}})
    with pytest.raises(KeyError):
        pod.read(objects(change), tmp_path / "second", others)


def test_a_claimed_volume_is_given_to_the_pods_group_with_each_start(tmp_path: Path) -> None:
    claimed = tmp_path / "claimed"
    (claimed / "inner").mkdir(parents=True)
    (claimed / "inner" / "key").touch(0o600)

    def change(spec: dict[str, Any]) -> None:
        claim = {"persistentVolumeClaim": {"claimName": "data"}}
        spec["volumes"][0] = {"name": "scratch", **claim}

    made = pod.read(objects(change), tmp_path / "volumes", claims={"data": claimed}).arguments
    assert (made["mounts"][0]["Source"], made["mounts"][0]["ReadOnly"]) == (str(claimed), False)
    modes = {path: stat.filemode(path.stat().st_mode) for path in claimed.rglob("*")}
    assert modes == {claimed / "inner": "drwxrwsr-x", claimed / "inner" / "key": "-rw-rw----"}


def test_a_volume_in_memory_counts_as_memory(tmp_path: Path) -> None:
    medium = {"medium": "Memory", "sizeLimit": "64Mi"}
    made = pod.read(objects(lambda spec: spec["volumes"][0].update(emptyDir=medium)), tmp_path)
    scratch = made.arguments["mounts"][0]
    assert scratch["Type"] == "tmpfs"
    assert scratch["TmpfsOptions"] == {"SizeBytes": 64 << 20, "Mode": 0o1777}


def test_probes_have_the_numbers_of_kubernetes_where_the_pod_has_none(tmp_path: Path) -> None:
    probes = pod.read(objects(), tmp_path).probes
    startup, readiness, liveness = (probes[kind] for kind in ("startup", "readiness", "liveness"))
    assert (startup.path, startup.port, startup.budget) == ("/ok", 80, 300)
    assert (readiness.delay, readiness.period, readiness.timeout) == (0, 10, 1)
    assert (readiness.failures, liveness.timeout) == (3, 10)


@pytest.mark.parametrize(
    "change",
    [
        lambda spec: spec.update(hostNetwork=True),
        lambda spec: spec.update(initContainers=[]),
        lambda spec: spec.update(enableServiceLinks=True),
        lambda spec: spec.pop("enableServiceLinks"),
        lambda spec: spec["securityContext"].update(runAsUser=0),
        lambda spec: spec["securityContext"].update(supplementalGroups=[5]),
        lambda spec: spec["containers"][0].update(lifecycle={"postStart": {}}),
        lambda spec: spec["containers"][0].update(workingDir="/"),
        lambda spec: spec["containers"][0]["env"].append(
            {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
        ),
        lambda spec: spec["containers"][0]["resources"]["limits"].update({"nvidia.com/gpu": 1}),
        lambda spec: spec["containers"][0]["securityContext"].update(privileged=True),
        lambda spec: spec["containers"][0]["securityContext"]["capabilities"].update(add=["X"]),
        lambda spec: spec["containers"][0]["volumeMounts"][0].update(subPath="a"),
        lambda spec: spec["containers"][0]["livenessProbe"].update(exec={}),
        lambda spec: spec["containers"][0]["livenessProbe"]["httpGet"].update(scheme="HTTPS"),
        lambda spec: spec["volumes"][0].update(emptyDir={"medium": "HugePages"}),
        lambda spec: spec["volumes"].append({"name": "disk", "nfs": {}}),
        lambda spec: spec["volumes"].append(
            {"name": "token", "projected": {"sources": [{"serviceAccountToken": {}}]}}
        ),
    ],
)
def test_what_the_tests_do_not_know_is_refused(
    change: Callable[[dict[str, Any]], object], tmp_path: Path
) -> None:
    with pytest.raises(Unknown):
        pod.read(objects(change), tmp_path)


def test_a_credential_that_no_secret_has_is_no_empty_one(tmp_path: Path) -> None:
    reference = {"name": "other", "key": "token"}
    missing = {"name": "X", "valueFrom": {"secretKeyRef": reference}}
    with pytest.raises(KeyError):
        pod.read(objects(lambda spec: spec["containers"][0]["env"].append(missing)), tmp_path)


def test_quantities_are_read_as_kubernetes_reads_them() -> None:
    assert [amount(text) for text in ("1Gi", "512Mi", "1k", "2G", "3")] == [
        1 << 30,
        512 << 20,
        1000,
        2 * 10**9,
        3,
    ]
    assert exact("500m") * 2 == 1
    with pytest.raises(ValueError, match="no quantity"):
        amount("1GiB")
