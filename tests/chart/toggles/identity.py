"""Names, labels, the image, and the account."""

from __future__ import annotations

from tests.chart.toggles.toggle import ANY, CONTAINER, GONE, POD, TEST, TEST_CONTAINER, Toggle
from tests.sample import DIGEST

_IMAGE = "registry.example.com/team/support"
_OTHER = "sha256:" + "f" * 64
# All objects that there are by default.
_NAMED = (
    *("Deployment", "NetworkPolicy", "NetworkPolicy-test", "Pod-test"),
    *("Secret", "Service", "ServiceAccount"),
)


def _image(text: str) -> dict[str, object]:
    return {f"{CONTAINER} image": text, f"{TEST_CONTAINER} image": text}


def _both(path: str, value: object) -> dict[str, object]:
    return {f"{POD} {path}": value, f"{TEST} {path}": value}


IDENTITY = {
    "global.imageRegistry": Toggle(
        "mirror.example.com/all", _image(f"mirror.example.com/all/team/support:1.2.0@{DIGEST}")
    ),
    "displayName": Toggle(
        "Another", {"* metadata annotations chartgen.dev/display-name": "Another"}
    ),
    "image.repository": Toggle("ghcr.io/other", _image(f"ghcr.io/other:1.2.0@{DIGEST}")),
    "image.tag": Toggle("2.0", _image(f"{_IMAGE}:2.0@{DIGEST}")),
    "image.digest": Toggle(_OTHER, _image(f"{_IMAGE}:1.2.0@{_OTHER}")),
    "image.pullPolicy": Toggle(
        "Never",
        {f"{CONTAINER} imagePullPolicy": "Never", f"{TEST_CONTAINER} imagePullPolicy": "Never"},
    ),
    "imagePullSecrets": Toggle([{"name": "pull"}], _both("imagePullSecrets", [{"name": "pull"}])),
    "serviceAccount.create": Toggle(
        False,
        {"ServiceAccount": GONE, **_both("serviceAccountName", "default")},
    ),
    "serviceAccount.name": Toggle(
        "mine",
        {
            "ServiceAccount": GONE,
            "ServiceAccount/mine": ANY,
            **_both("serviceAccountName", "mine"),
        },
    ),
    "serviceAccount.annotations": Toggle(
        {"role": "x"}, {"ServiceAccount metadata annotations": {"role": "x"}}
    ),
    "serviceAccount.automount": Toggle(
        True,
        {
            "ServiceAccount automountServiceAccountToken": True,
            f"{POD} automountServiceAccountToken": True,
        },
    ),
    "podAnnotations": Toggle(
        {"note": "08"}, {"Deployment spec template metadata annotations note": "08"}
    ),
    "podLabels": Toggle({"team": "08"}, {"Deployment spec template metadata labels team": "08"}),
    "commonLabels": Toggle({"cost": "08"}, {"* metadata labels cost": "08"}),
    "commonAnnotations": Toggle(
        {"owner": "08"},
        {"* metadata annotations owner": "08", "* metadata annotations": {"owner": "08"}},
    ),
    "nameOverride": Toggle(
        "other",
        {
            # The release is called demo: every object has another name.
            **dict.fromkeys(_NAMED, GONE),
            "*/demo-other": ANY,
            "*/demo-other-test": ANY,
        },
    ),
    "fullnameOverride": Toggle(
        "whole",
        {
            **dict.fromkeys(_NAMED, GONE),
            "*/whole": ANY,
            "*/whole-test": ANY,
        },
    ),
}
