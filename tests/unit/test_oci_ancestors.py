from __future__ import annotations

import gzip
import importlib
import io
import random
import tarfile
from types import ModuleType
from typing import Any

import pytest

from chartgen.errors import InvalidInput
from chartgen.oci import ancestors
from chartgen.oci.ancestors import Ancestors
from chartgen.oci.descriptor import Descriptor
from chartgen.oci.source import Stream
from chartgen.oci.tarball import ROOT_FOLDER, Owner
from tests.oci_base import OCI_LAYER, Shelf, file, folder, link, tar

FOREIGN = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
RUNTIME = Owner(uid=1000, gid=0, mode=0o775)


def found(
    *layers: bytes, paths: tuple[str, ...] = ("app",), kind: str = OCI_LAYER, **more: Any
) -> tuple[Ancestors, list[int]]:
    """Look in layers, given from the bottom up; which of them were opened, by their number."""
    shelf = Shelf()
    descriptors = [Descriptor.parse(shelf.keep(data, kind), "test") for data in layers]
    numbers = {one.digest: number for number, one in enumerate(descriptors)}

    def open_layer(descriptor: Descriptor) -> Stream:
        return shelf.blob(descriptor.digest)

    result = ancestors.find(paths, descriptors, open_layer, **more)
    return result, [numbers[one] for one in shelf.opened]


def packed(*entries: tarfile.TarInfo | tuple[tarfile.TarInfo, bytes]) -> bytes:
    return gzip.compress(tar(entries))


OURS = packed(folder("app/", 0o775, 1000, 0))


def test_a_folder_keeps_the_bits_that_hand_down_its_group() -> None:
    assert found(packed(folder("app", 0o3775)))[0].owners == {"app": Owner(mode=0o3775)}


def test_only_the_folders_outside_of_our_own_are_looked_for() -> None:
    files = {"app/flows/sub/x.json": b"", "opt/lib/y": b"", "top": b""}
    assert ancestors.wanted(files, ["app/flows"]) == {"app", "opt", "opt/lib"}
    assert ancestors.wanted({"app/flowsier/x": b""}, ["app/flows"]) == {"app", "app/flowsier"}


@pytest.mark.parametrize("name", ["app", "app/", "./app/", "/app"])
def test_a_folder_is_found_however_the_archive_spells_it(name: str) -> None:
    result, _ = found(packed(folder(name, 0o775, 1000, 0)))
    assert result == Ancestors(owners={"app": RUNTIME})


def test_the_topmost_layer_that_has_the_folder_decides_and_those_below_stay_closed() -> None:
    result, opened = found(packed(folder("app")), OURS, packed(file("etc/x")))
    assert result.owners == {"app": RUNTIME}
    assert opened == [2, 1]


def test_a_scan_stops_in_the_middle_of_a_layer_once_all_is_known() -> None:
    large = file("lib", random.Random(0).randbytes(4_000_000))  # noqa: S311 - only incompressible
    result, _ = found(packed(folder("app", 0o775, 1000, 0), large), limit=1_000_000)
    assert result == Ancestors(owners={"app": RUNTIME})


def test_a_plain_archive_is_read_as_well() -> None:
    assert found(tar([folder("app", 0o775, 1000, 0)]))[0].owners == {"app": RUNTIME}


def test_a_gzip_of_several_members_is_read_to_its_end() -> None:
    data = tar([file("a", b"1"), folder("app", 0o775, 1000, 0)])
    assert found(gzip.compress(data[:700]) + gzip.compress(data[700:]))[0].owners == {
        "app": RUNTIME
    }


def test_a_folder_that_the_base_does_not_have_is_roots_without_a_warning() -> None:
    result, _ = found(packed(file("etc/x")))
    assert result == Ancestors(owners={"app": ROOT_FOLDER})


@pytest.mark.parametrize(
    "marker", [".wh.app", ".wh..wh..opq"], ids=["explicit whiteout", "opaque whiteout"]
)
def test_a_folder_that_was_removed_is_not_found_below(marker: str) -> None:
    result, opened = found(OURS, packed(file(marker)))
    assert result == Ancestors(owners={"app": ROOT_FOLDER})
    assert opened == [1]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("marker", [".wh.app", ".wh..wh..opq"])
def test_a_whiteout_hides_nothing_of_its_own_layer_before_or_behind_it(
    marker: str, order: int
) -> None:
    both: list[tarfile.TarInfo | tuple[tarfile.TarInfo, bytes]]
    both = [folder("app", 0o775, 1000, 0), file(marker)]
    assert found(packed(folder("app")), packed(*both[::order]))[0].owners == {"app": RUNTIME}


def test_the_removal_of_a_folder_removes_what_was_in_it() -> None:
    below = packed(folder("app"), folder("app/lib", 0o700, 5, 5))
    result, _ = found(
        below, packed(file(".wh.app"), folder("app", 0o775, 1000, 0)), paths=("app", "app/lib")
    )
    assert result.owners == {"app": RUNTIME, "app/lib": ROOT_FOLDER}


def test_an_opaque_folder_hides_its_content_and_not_itself() -> None:
    below = packed(folder("app", 0o775, 1000, 0), folder("app/lib", 0o700, 5, 5))
    result, _ = found(below, packed(file("app/.wh..wh..opq")), paths=("app", "app/lib"))
    assert result.owners == {"app": RUNTIME, "app/lib": ROOT_FOLDER}


def test_a_whiteout_of_a_neighbour_hides_nothing() -> None:
    markers = [file(".wh.ap"), file(".wh.app2"), file("app2/.wh..wh..opq"), file("x/.wh.app")]
    assert found(OURS, packed(*markers))[0].owners == {"app": RUNTIME}


def test_a_link_in_the_place_of_a_folder_is_refused() -> None:
    with pytest.raises(InvalidInput, match="/app is a link to srv/app in the base"):
        found(packed(link("app", "srv/app")))


def test_a_file_in_the_place_of_a_folder_is_refused() -> None:
    with pytest.raises(InvalidInput, match="/app is no folder in the base"):
        found(packed(file("app")))


def test_beyond_the_limit_a_warning_says_what_is_assumed() -> None:
    large = packed(file("lib", bytes(range(256)) * 4096, 0o644))
    result, _ = found(OURS, large, limit=100)
    assert result.owners == {"app": ROOT_FOLDER}
    (finding,) = result.findings
    assert (finding.level, finding.code) == ("warning", "unknown-owner")
    assert "/app" in finding.message
    assert "too large" in finding.message


def test_the_limit_counts_what_is_unpacked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ancestors, "MOST_UNPACKED", 1024 * 1024)
    result, _ = found(OURS, packed(file("zeros", bytes(2 * 1024 * 1024))))
    assert [one.code for one in result.findings] == ["unknown-owner"]


def test_a_layer_that_may_not_be_distributed_is_not_fetched() -> None:
    result, opened = found(OURS, kind=FOREIGN)
    assert [one.code for one in result.findings] == ["unknown-owner"]
    assert opened == []


def without_zstandard(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.import_module

    def refusing(name: str, package: str | None = None) -> ModuleType:
        if name in {"compression.zstd", "zstandard"}:
            raise ImportError(name)
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", refusing)


def test_zstandard_without_a_library_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    without_zstandard(monkeypatch)
    result, _ = found(b"\x28\xb5\x2f\xfd" + bytes(100))
    assert result.owners == {"app": ROOT_FOLDER}
    assert "the package zstandard" in result.findings[0].message


def test_zstandard_is_read_with_the_library_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    data = tar([folder("app", 0o775, 1000, 0)])
    library = ModuleType("zstandard")

    class Reader(io.BytesIO):
        def stream_reader(self, stream: Any, **_: Any) -> io.BytesIO:
            assert stream.read(4) == b"\x28\xb5\x2f\xfd"
            return io.BytesIO(data)

    library.ZstdDecompressor = Reader  # type: ignore[attr-defined]
    library.ZstdError = ValueError  # type: ignore[attr-defined]
    without_zstandard(monkeypatch)
    refusing = importlib.import_module
    monkeypatch.setattr(
        importlib, "import_module", lambda name: library if name == "zstandard" else refusing(name)
    )
    assert found(b"\x28\xb5\x2f\xfd" + bytes(100))[0].owners == {"app": RUNTIME}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no archive at all",
        packed(file("a", b"x" * 5000))[:-20],
        b"\x1f\x8b\x08\x00 and then no deflate",
        OURS[:20] + b"\xff" * 40,
    ],
    ids=["empty", "text", "cut off", "no deflate", "damaged"],
)
def test_a_damaged_layer_is_an_error_that_names_it(data: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"the base's layer sha256:.* is damaged"):
        found(data)


def test_a_network_fault_is_not_told_as_damage() -> None:
    class Broken:
        def read(self, size: int = -1, /) -> bytes:
            raise ConnectionResetError("reset by peer")

        def close(self) -> None:
            pass

    layers = [Descriptor(media_type=OCI_LAYER, digest="sha256:" + "0" * 64, size=9)]
    with pytest.raises(ConnectionResetError):
        ancestors.find(["app"], layers, lambda _: Broken())


def test_nothing_is_opened_when_nothing_is_looked_for() -> None:
    assert found(OURS, paths=()) == (Ancestors(owners={}), [])
