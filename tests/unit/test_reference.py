from __future__ import annotations

import time

import pytest

from chartgen import reference
from chartgen.errors import InvalidInput

DIGEST = f"sha256:{'0a' * 32}"


@pytest.mark.parametrize(
    "version",
    [
        "0.0.0",
        "1.2.3",
        "1.0.0-alpha.1",
        "1.0.0-0.3.7",
        "1.0.0-x-y-z.--",
        "1.0.0-rc.1+build.5",
        "1.0.0+20130313144700",
        "1.0.0+001",
        "1.0.0-0a",
        f"1.0.0-{'a' * 57}",
    ],
)
def test_semantic_versions_pass(version: str) -> None:
    assert reference.check_version(version) == version


@pytest.mark.parametrize(
    "version",
    [
        "",
        "1.2.3.4",
        "01.2.3",
        "1.2.3-01",
        "1.2.3-",
        "1.2.3+",
        "1.2.3-a..b",
        "1.2.3 ",
        "1.2.3\n",
        "١.٢.٣",
        "1.2.²",
        "1.2.3-ä",
        "latest",
        f"1.0.0-{'a' * 58}",
        "99999999999999999999.0.0",
    ],
)
def test_anything_else_is_refused(version: str) -> None:
    with pytest.raises(InvalidInput):
        reference.check_version(version)


@pytest.mark.parametrize(
    ("version", "meant"),
    [
        ("v1.2.0", "1.2.0"),
        ("V1.2.0-rc.1", "1.2.0-rc.1"),
        ("1.2", "1.2.0"),
        ("v2", "2.0.0"),
        (" 1.2.0\n", "1.2.0"),
    ],
)
def test_a_near_miss_gets_a_tip(version: str, meant: str) -> None:
    with pytest.raises(InvalidInput, match=f"did you mean {meant}\\?"):
        reference.check_version(version)


def test_a_version_that_is_too_long_tells_both_lengths() -> None:
    with pytest.raises(InvalidInput, match="64 characters, at most 63"):
        reference.check_version(f"1.0.0-{'a' * 58}")


def test_build_metadata_becomes_part_of_a_tag() -> None:
    assert reference.image("bots", "1.0.0+build.5").tag == "1.0.0_build.5"


@pytest.mark.parametrize("name", ["a", "support-bots", "a1", "a--b", "x" * 53])
def test_names_that_helm_takes_pass(name: str) -> None:
    assert reference.check_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "Support", "1bots", "-bots", "bots-", "my_bots", "my bots", "bots\n", "böts", "a.b",
     "x" * 54, "../x", "a/b"],
)  # fmt: skip
def test_names_that_helm_or_kubernetes_refuses_are_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be the name of a chart"):
        reference.check_name(name)


@pytest.mark.parametrize(
    ("text", "repository", "tag", "digest"),
    [
        ("bots", "bots", "1.0.0", ""),
        ("team/bots", "team/bots", "1.0.0", ""),
        ("registry.example.com/team/bots", "registry.example.com/team/bots", "1.0.0", ""),
        ("Registry.Example.com/bots:v1", "Registry.Example.com/bots", "v1", ""),
        ("localhost/x", "localhost/x", "1.0.0", ""),
        ("localhost:5000/x", "localhost:5000/x", "1.0.0", ""),
        ("registry:5000/x:2", "registry:5000/x", "2", ""),
        ("[::1]:5000/x", "[::1]:5000/x", "1.0.0", ""),
        ("[fe80::1]/x", "[fe80::1]/x", "1.0.0", ""),
        ("10.0.0.1:5000/a/b/c", "10.0.0.1:5000/a/b/c", "1.0.0", ""),
        ("a__b/c-d.e_f", "a__b/c-d.e_f", "1.0.0", ""),
        (f"r.io/x@{DIGEST}", "r.io/x", "1.0.0", DIGEST),
        (f"r.io/x:t@{DIGEST}", "r.io/x", "t", DIGEST),
        (f"x:{'t' * 128}", "x", "t" * 128, ""),
    ],
)
def test_image_references_are_taken_apart(
    text: str, repository: str, tag: str, digest: str
) -> None:
    found = reference.image(text, "1.0.0")
    assert (found.repository, found.tag, found.digest) == (repository, tag, digest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://registry.example.com/bots",
        "docker://bots",
        "Bots",
        "Team/bots",
        "r.io/Team/bots",
        "r.io/bots/",
        "/bots",
        "r.io//bots",
        "bots:",
        "bots@",
        "bots:a b",
        f"x:{'t' * 129}",
        "x@sha256:abc",
        f"x@sha512:{'a' * 64}",
        f"x@sha256:{'A' * 64}",
        f"x@{DIGEST}:tag",
        "foo_bar.com/x",
        "-r.io/x",
        "r.io:port/x",
        "r.io:٣/x",
        "::1/x",
        "bots\n",
        "bots name",
        "$(reboot)",
        f"r.io/{'x' * 255}",
    ],
)
def test_what_no_registry_takes_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not an image"):
        reference.image(text, "1.0.0")


@pytest.mark.parametrize("text", ["a." * 60_000, "a-" * 60_000, "1." * 60_000, "a/" * 60_000])
def test_long_nonsense_is_refused_at_once(text: str) -> None:
    began = time.monotonic()
    for check in (reference.check_name, reference.check_version):
        with pytest.raises(InvalidInput):
            check(text)
    with pytest.raises(InvalidInput):
        reference.image(text, "1.0.0")
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "text", ["https://bot:hunter22@a.io/b:1", "bot:hunter22@a.io/b", "hunter22@a"]
)
def test_a_reference_that_is_wrong_is_shown_without_its_password(text: str) -> None:
    with pytest.raises(InvalidInput) as fault:
        reference.image(text, "1.0.0")
    assert "***@" in str(fault.value)
    assert "hunter22" not in str(fault.value)
