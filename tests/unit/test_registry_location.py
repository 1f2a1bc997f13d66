from __future__ import annotations

import pytest

from chartgen.errors import InvalidInput
from chartgen.registry import location


@pytest.mark.parametrize(
    ("text", "host", "repository"),
    [
        ("registry.example.com/team/bots", "registry.example.com", "team/bots"),
        ("localhost/bots", "localhost", "bots"),
        ("host:5000/bots", "host:5000", "bots"),
        ("[::1]:5000/bots", "[::1]:5000", "bots"),
        ("bots", "docker.io", "library/bots"),
        ("team/bots", "docker.io", "team/bots"),
        ("docker.io/bots", "docker.io", "library/bots"),
        ("index.docker.io/team/bots", "docker.io", "team/bots"),
        ("oci://registry-1.docker.io/bots", "docker.io", "bots"),
        ("oci://registry.example.com/charts/", "registry.example.com", "charts"),
        ("oci://host/charts", "host", "charts"),
        ("oci://localhost:5000", "localhost:5000", ""),
    ],
)
def test_a_place_is_read_as_docker_and_helm_read_it(text: str, host: str, repository: str) -> None:
    found = location.parse(text)
    assert (found.host, found.repository) == (host, repository)


@pytest.mark.parametrize(
    "text", ["", "oci://", "https://host/x", "host.io/UP", "a/../b", "h.io:x/y"]
)
def test_what_is_no_place_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"registry\.example\.com"):
        location.parse(text)


def test_a_chart_lies_under_its_repository() -> None:
    assert str(location.parse("oci://host.io/charts").child("bots")) == "host.io/charts/bots"
    assert str(location.parse("oci://host.io").child("bots")) == "host.io/bots"


def test_the_api_of_docker_hub_has_another_host() -> None:
    assert location.endpoint("docker.io") == "registry-1.docker.io"
    assert location.endpoint("ghcr.io") == "ghcr.io"


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:5000", "127.3.2.1:80", "[::1]:5000", "a.localhost"]
)
def test_this_machine_is_known_by_all_its_names(host: str) -> None:
    assert location.is_loopback(host)


@pytest.mark.parametrize("host", ["localhost.example.com", "10.0.0.1", "127.example.com", "[x", ""])
def test_another_machine_is_not_taken_for_this_one(host: str) -> None:
    assert not location.is_loopback(host)


@pytest.mark.parametrize(
    "url",
    [
        "https://169.254.169.254/latest",
        "https://10.0.0.1/x",
        "https://192.168.1.1:8443/x",
        "https://[fd00:ec2::254]/x",
        "https://[::ffff:10.0.0.1]/x",
        "https://0.0.0.0/x",
        "http://127.0.0.1:5000/x",
        "https://localhost/x",
        "http://cdn.example.com/x",
        "https://user:pw@cdn.example.com/x",
        "ftp://cdn.example.com/x",
        "file:///etc/passwd",
        "https://[x/",
        "https://cdn.example.com:99999/",
        "",
    ],
)
def test_a_registry_cannot_send_us_anywhere(url: str) -> None:
    with pytest.raises(InvalidInput, match=r"registry\.example\.com sends us to") as caught:
        location.check_target(url, "https://registry.example.com", plain_http=False)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "home"),
    [
        ("https://cdn.example.com/x?sig=1", "https://registry.example.com"),
        ("https://10.0.0.1:8443/x", "https://10.0.0.1"),
        ("http://localhost:5001/token", "http://127.0.0.1:5000"),
        ("https://140.82.121.33/x", "https://ghcr.io"),
    ],
)
def test_where_a_registry_may_send_us_we_go(url: str, home: str) -> None:
    assert location.check_target(url, home, plain_http=False) == url


def test_two_addresses_of_one_place_have_one_origin() -> None:
    assert location.origin("https://H.io/x") == location.origin("https://h.io:443/y?z")
    assert location.origin("https://h.io") != location.origin("https://h.io:8443")
    assert location.origin("https://h.io") != location.origin("http://h.io")


def test_a_place_that_is_wrong_is_shown_without_its_password() -> None:
    with pytest.raises(InvalidInput) as fault:
        location.parse("oci://bot:hunter22@registry.example.com/charts")
    assert "'oci://***@registry.example.com/charts'" in str(fault.value)
