"""A package index of wheels that tests make up."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path


class Index:
    """A folder of wheels that takes the place of the package index."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def wheel(
        self,
        name: str,
        version: str,
        *needs: str,
        tag: str = "py3-none-any",
        package: str = "",
        files: Mapping[str, bytes] | None = None,
    ) -> None:
        about = f"{name}-{version}.dist-info"
        head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nProvides-Extra: more\n"
        content = {
            f"{package or name}/__init__.py": version.encode(),
            f"{about}/METADATA": (head + "".join(f"Requires-Dist: {n}\n" for n in needs)).encode(),
            f"{about}/WHEEL": f"Wheel-Version: 1.0\nGenerator: t\nTag: {tag}\n".encode(),
            f"{about}/entry_points.txt": f"[console_scripts]\n{name}={name}:main\n".encode(),
            **(files or {}),
        }
        record = "".join(f"{path},{_sum(data)},{len(data)}\n" for path, data in content.items())
        with zipfile.ZipFile(self.folder / f"{name}-{version}-{tag}.whl", "w") as wheel:
            for path, data in {**content, f"{about}/RECORD": record.encode()}.items():
                wheel.writestr(path, data)


def _sum(data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
    return f"sha256={digest.decode()}"
