"""What a cluster has in it before anybody uses it: DNS, volumes, and metrics."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from string import Template

from tests.cluster import metrics, network, processes, registry
from tests.cluster.certificates import Authority

MANIFESTS = Path(__file__).parent / "manifests"
# One that was used is not used again.
VOLUMES = 16


def install(folder: Path, kubectl: Path, kubeconfig: Path, authority: Authority) -> None:
    """Create the objects; what they describe may take a while to be ready."""
    told = {"registry": registry.ADDRESS, "dns": network.DNS}
    texts = [Template(file.read_text()).substitute(told) for file in MANIFESTS.glob("*.yaml")]
    texts += [json.dumps(_volume(folder, number)) for number in range(1, VOLUMES + 1)]
    texts += metrics.manifests(authority)
    done = subprocess.run(  # noqa: S603 - our own arguments, and no shell
        [kubectl, f"--kubeconfig={kubeconfig}", "create", "--filename=-"],
        input="\n---\n".join(texts),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise processes.Failed(done.stderr)


def _volume(folder: Path, number: int) -> dict[str, object]:
    place = folder / "volumes" / str(number)
    place.mkdir(parents=True)
    # Nobody gives a folder of the machine's to a pod's group, as is done with a real disk.
    place.chmod(0o777)
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"volume-{number}"},
        "spec": {
            "storageClassName": "standard",
            "capacity": {"storage": "10Gi"},
            "accessModes": ["ReadWriteOnce", "ReadWriteMany"],
            "hostPath": {"path": str(place), "type": "Directory"},
        },
    }
