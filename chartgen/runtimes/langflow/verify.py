"""What `helm test` runs: asks the Service, and says whether exactly the packaged flows are served.

This file is copied into the image as it is, and imports nothing but the standard library and
`mounted.py`. It compares the flows that Langflow gives with those that lie in the image, and reads
`contract.json` beside it for the places where the pods write parameters. No flow is run.
"""

from __future__ import annotations

import hashlib
import http.client
import importlib
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

LIST = "/api/v1/flows/"
RUN = "/api/v1/run/"
KEY_HEADER = "x-api-key"
WRONG_KEY = "this-is-not-the-key"
SECONDS = 30
# A new pod's network takes a moment to let it out.
ATTEMPTS, PAUSE = 10, 3.0
OK, FORBIDDEN = 200, 403
# Columns that Langflow takes over from a file as they are.
COMPARED = ("id", "name", "description", "endpoint_name", "data")
# It lies beside this file, in the image and in the package.
mounted: Any = importlib.import_module(f"{__package__}.mounted" if __package__ else "mounted")


def main(contract_file: Path, address: str, key: str) -> None:
    """Print one line for everything that was found; end with 1 if anything is wrong."""
    contract = json.loads(contract_file.read_text("utf-8"))
    packaged = dict(_packaged(contract))
    try:
        faults = [*strangers(address, contract), *differences(address, key, contract, packaged)]
    except (OSError, http.client.HTTPException, ValueError) as fault:
        faults = [f"{address} does not answer as it should: {fault}"]
    for line in faults:
        print(f"chartgen: {line}", file=sys.stderr)  # noqa: T201 - the pod's log
    if faults:
        raise SystemExit(1)
    print("without a key, and with a wrong one, nothing is answered")  # noqa: T201
    print(f"{len(packaged)} flows are served as packaged: sha256:{_over_all(packaged)}")  # noqa: T201


def credential(contract_file: Path, name: str, environment: Mapping[str, str]) -> str:
    """The value of a credential, which is a variable or lies as a file."""
    folder = json.loads(contract_file.read_text("utf-8"))["credentials_folder"]
    value = mounted.beside(Path(folder), environment).get(name, "")
    if not value:
        print(f"chartgen: {name} is not set", file=sys.stderr)  # noqa: T201 - the pod's log
        raise SystemExit(1)
    return str(value)


def strangers(address: str, contract: Mapping[str, Any]) -> Iterator[str]:
    """One sentence for every question that is answered to whoever lacks the key."""
    endpoint = contract["served"][0]["endpoint"]
    for method, path in (("GET", LIST), ("POST", RUN + endpoint)):
        for key, words in (("", "without a key"), (WRONG_KEY, "with a wrong key")):
            status, _ = ask(method, address + path, key)
            if status != FORBIDDEN:
                yield f"{method} {path} {words} is answered with {status}, not {FORBIDDEN}"


def differences(
    address: str, key: str, contract: Mapping[str, Any], packaged: Mapping[str, str]
) -> Iterator[str]:
    """One sentence for every flow that is missing, changed, or not packaged."""
    status, text = ask("GET", address + LIST, key)
    if status != OK:
        yield f"GET {LIST} with the key is answered with {status}, not {OK}"
        return
    names = {flow["id"]: flow["name"] for flow in contract["served"]}
    places = {flow["id"]: _places(contract, flow["file"]) for flow in contract["served"]}
    served = {}
    for flow in _parsed(text):
        served[flow["id"]] = fingerprint(flow, places.get(flow["id"], ()))
        names.setdefault(flow["id"], flow["name"])
    for identifier in sorted({*packaged, *served}, key=lambda one: (names[one], one)):
        name = f"{names[identifier]!r} ({identifier})"
        if identifier not in served:
            yield f"the flow {name} is packaged and not served"
        elif identifier not in packaged:
            yield f"the flow {name} is served and not packaged"
        elif served[identifier] != packaged[identifier]:
            yield f"the flow {name} is served otherwise than it is packaged"


def fingerprint(flow: Mapping[str, Any], places: Iterable[Sequence[Any]]) -> str:
    """A hash of what a flow is; what stands at the places of parameters is left out."""
    kept = {name: flow.get(name) for name in COMPARED}
    for *way, last in places:
        item: Any = kept
        try:
            for step in way:
                item = item[step]
            item[last] = None
        except (KeyError, IndexError, TypeError):
            # A flow of another shape: its hash is another, too.
            continue
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def ask(method: str, url: str, key: str) -> tuple[int, bytes]:
    """The status and content of an answer; a Service that cannot be reached is asked again."""
    headers = {"Content-Type": "application/json", **({KEY_HEADER: key} if key else {})}
    data = b"{}" if method == "POST" else None
    request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - the chart's
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for left in reversed(range(ATTEMPTS)):
        try:
            with opener.open(request, timeout=SECONDS) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read()
        except urllib.error.URLError:
            if not left:
                raise
            time.sleep(PAUSE)
    raise AssertionError


def _packaged(contract: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for flow in contract["served"]:
        content = _parsed((Path(contract["flows"]) / flow["file"]).read_bytes())
        yield flow["id"], fingerprint(content, _places(contract, flow["file"]))


def _places(contract: Mapping[str, Any], file: str) -> list[list[Any]]:
    return [place["path"] for place in contract["substitutions"] if place["file"] == file]


def _parsed(text: bytes) -> Any:
    # A database may give 1 for 1.0, and has no integers of any length.
    return json.loads(text, parse_int=float)


def _over_all(fingerprints: Mapping[str, str]) -> str:
    lines = (f"{identifier} {one}\n" for identifier, one in sorted(fingerprints.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


if __name__ == "__main__":
    variable, service = sys.argv[1:]
    file = Path(__file__).with_name("contract.json")
    main(file, service, credential(file, variable, os.environ))
