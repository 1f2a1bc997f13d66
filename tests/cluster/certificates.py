"""An authority of the cluster's own, what it signs, and who says who they are with it."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

DAYS = 30
CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass(frozen=True)
class Pair:
    """A key and its certificate, as files."""

    key: Path
    certificate: Path


class Authority:
    """Signs for one cluster; its files lie in `folder`."""

    def __init__(self, folder: Path, name: str = "cluster") -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder
        self.pair = self._pair(f"authority-{name}")
        _openssl(
            *("req", "-x509", *CURVE, "-days", str(DAYS), "-subj", f"/CN=chartgen {name}"),
            *("-addext", "keyUsage=critical,keyCertSign,digitalSignature"),
            *("-keyout", self.pair.key, "-out", self.pair.certificate),
        )

    def sign(
        self,
        name: str,
        *,
        group: str = "",
        addresses: Sequence[str] = (),
        hosts: Sequence[str] = (),
    ) -> Pair:
        """A certificate that is good for servers and for clients."""
        made = self._pair(name.replace(":", "-"))
        names = [f"DNS:{host}" for host in hosts] + [f"IP:{address}" for address in addresses]
        _openssl(
            *("req", "-x509", *CURVE, "-days", str(DAYS)),
            *("-subj", f"/O={group}/CN={name}" if group else f"/CN={name}"),
            *("-addext", "basicConstraints=critical,CA:FALSE"),
            *("-addext", "extendedKeyUsage=serverAuth,clientAuth"),
            *(("-addext", f"subjectAltName={','.join(names)}") if names else ()),
            *("-CA", self.pair.certificate, "-CAkey", self.pair.key),
            *("-keyout", made.key, "-out", made.certificate),
        )
        return made

    def kubeconfig(self, server: str, user: Pair, path: Path) -> Path:
        """What a client needs to talk to the API server as `user`, in one file."""
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "chartgen",
            "contexts": [
                {"name": "chartgen", "context": {"cluster": "chartgen", "user": "chartgen"}}
            ],
            "clusters": [
                {
                    "name": "chartgen",
                    "cluster": {
                        "server": server,
                        "certificate-authority-data": _data(self.pair.certificate),
                    },
                }
            ],
            "users": [
                {
                    "name": "chartgen",
                    "user": {
                        "client-certificate-data": _data(user.certificate),
                        "client-key-data": _data(user.key),
                    },
                }
            ],
        }
        path.touch(mode=0o600)
        path.write_text(json.dumps(content, indent=1))
        return path

    def _pair(self, name: str) -> Pair:
        return Pair(self.folder / f"{name}.key", self.folder / f"{name}.pem")


def key(folder: Path, name: str) -> Path:
    """A key that signs no certificates."""
    made = folder / f"{name}.key"
    _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", made)
    return made


def _data(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(  # noqa: S603 - our own arguments, and no shell
        ["openssl", *arguments],  # noqa: S607 - Debian's own command
        check=True,
        capture_output=True,
    )
