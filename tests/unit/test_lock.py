from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chartgen import lock
from chartgen.errors import InvalidInput
from chartgen.lock import Document, Folder, Lock, Needs, Owners, Pin
from chartgen.model import Base, Finding
from tests.oci_base import digest
from tests.sample import sample_app, sample_runtime

TEXT = '{"schemaVersion":  2,\n "name": "Zürich 🚡 \\u0041"}'.encode()
CHILD = "sha256:" + "c" * 64


def sample(**changes: Any) -> Lock:
    app = sample_app()
    made = Lock(
        runtime="langflow",
        version="1.13.0",
        reference=app.base.reference,
        digest=digest(TEXT),
        needs=Needs(python="3.14", packages=app.packages, constraints=app.constraints),
        documents={digest(TEXT): Document(media_type="application/json", data=TEXT)},
        owners={
            CHILD: Owners(
                folders={"app": Folder(uid=1000, gid=0, mode=0o775)},
                findings=(Finding(level="warning", code="unknown-owner", message="who knows"),),
            )
        },
        packages={
            "linux/amd64": (
                Pin(name="a", version="1.0", hashes=("sha256:" + "a" * 64, "sha256:" + "b" * 64)),
            )
        },
        modules=("acme.tools",),
    )
    return replace(made, **changes)


def written(tmp_path: Path, data: bytes) -> Path:
    file = tmp_path / lock.FILE
    file.write_bytes(data)
    return file


def test_a_lock_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert lock.read(written(tmp_path, lock.dump(sample()))) == sample()


def test_the_same_content_gives_the_same_bytes_in_whatever_order_it_came() -> None:
    pins = (
        Pin(name="b", version="2", hashes=("sha256:" + "2" * 64, "sha256:" + "1" * 64)),
        Pin(name="a", version="1", hashes=("sha256:" + "3" * 64,)),
    )
    turned = (pins[1], replace(pins[0], hashes=pins[0].hashes[::-1]))
    one = sample(packages={"linux/arm64": pins, "linux/amd64": ()})
    other = sample(packages={"linux/amd64": (), "linux/arm64": turned})
    assert lock.dump(one) == lock.dump(other)


def test_a_document_that_is_no_text_cannot_be_locked() -> None:
    with pytest.raises(InvalidInput, match=r"cannot be locked: sha256:0+ is not UTF-8"):
        lock.dump(sample(documents={"sha256:" + "0" * 64: Document(media_type="", data=b"\xff")}))


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000])
def test_what_is_no_lock_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(InvalidInput, match="no lock file of chartgen: run `chartgen lock` again"):
        lock.read(written(tmp_path, data))


def test_a_lock_of_another_format_is_refused_with_the_place(tmp_path: Path) -> None:
    value = json.loads(lock.dump(sample()))
    value["format"] = 2
    with pytest.raises(InvalidInput) as caught:
        lock.read(written(tmp_path, json.dumps(value).encode()))
    assert [item.at for item in caught.value.findings] == ["$.format"]


def test_a_document_that_was_edited_is_noticed(tmp_path: Path) -> None:
    data = lock.dump(sample()).replace(b"schemaVersion", b"schemaversion")
    with pytest.raises(InvalidInput, match=rf"is damaged: {digest(TEXT)} has other content; run"):
        lock.read(written(tmp_path, data))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read: no such file"):
        lock.read(tmp_path / lock.FILE)


def test_a_lock_made_for_this_application_is_taken() -> None:
    lock.check(sample(), sample_app(), python="3.14")


def test_flows_that_need_no_package_need_no_python_either() -> None:
    app = sample_app(packages=(), constraints=("langflow-base==1.13.0",))
    lock.check(sample(needs=Needs(constraints=app.constraints)), app, python="3.14")


OTHER = Base(reference="registry.example.com/other:2", profile="custom", reason="")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"runtime": sample_runtime(version="1.14.0")}, "for langflow 1.13.0, and this is langflo"),
        ({"base": OTHER}, r"for the base docker.io/.*, and this is the base registry.example.com"),
        ({"packages": ("x", "langchain-openai")}, "this is the packages langchain-openai, x"),
        ({"packages": ()}, "packages langchain-openai, and this is the packages none"),
        ({"constraints": ("lfx==2",)}, "this is the constraints lfx==2"),
    ],
)
def test_a_lock_made_for_something_else_is_refused(changes: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=rf"{message}.*: run `chartgen lock` again$"):
        lock.check(sample(), sample_app(**changes), python="3.14")


def test_a_lock_made_for_another_python_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"Python 3.14, and this is Python 3.12: run"):
        lock.check(sample(), sample_app(), python="3.12")


def test_the_lock_lies_beside_the_options_and_else_with_the_flows(tmp_path: Path) -> None:
    flows = tmp_path / "flows"
    flows.mkdir()
    assert lock.place([flows]) == flows / lock.FILE
    assert lock.find([flows]) is None
    (tmp_path / "chartgen.yaml").write_text("name: a\n")
    assert lock.place([flows]).resolve() == (tmp_path / lock.FILE).resolve()
    assert lock.place([flows], tmp_path / "ci" / "my.yaml") == tmp_path / "ci" / lock.FILE
    written(tmp_path, b"{}")
    assert lock.find([flows]) is not None
