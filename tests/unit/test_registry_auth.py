from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from chartgen.registry import auth

SECRET = "canary-never-shown"
HOST = "registry.example.com"


def entry(username: str = "robin", password: str = SECRET) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{username}:{password}".encode()).decode()}


def write(path: Path, config: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(config if isinstance(config, str) else json.dumps(config))


def helper(folder: Path, name: str, script: str) -> None:
    command = folder / f"docker-credential-{name}"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A home without any login, and a PATH for helpers."""
    return {"HOME": str(tmp_path), "PATH": f"{tmp_path}:/usr/bin:/bin"}


def docker(environment: dict[str, str], config: Any) -> None:
    write(Path(environment["HOME"]) / ".docker" / "config.json", config)


def test_without_any_file_there_is_no_login_and_nothing_to_say(environment: dict[str, str]) -> None:
    login = auth.find(HOST, environment)
    assert not login
    assert login.notes == ()


@pytest.mark.parametrize(
    ("variable", "value", "file"),
    [
        ("HOME", ".", ".docker/config.json"),
        ("DOCKER_CONFIG", "d", "d/config.json"),
        ("REGISTRY_AUTH_FILE", "given.json", "given.json"),
        ("XDG_RUNTIME_DIR", "run", "run/containers/auth.json"),
        ("XDG_CONFIG_HOME", "set", "set/containers/auth.json"),
        ("XDG_CONFIG_HOME", "set", "set/helm/registry/config.json"),
        ("HOME", ".", ".config/helm/registry/config.json"),
        ("HELM_CONFIG_HOME", "h", "h/registry/config.json"),
        ("HELM_REGISTRY_CONFIG", "own.json", "own.json"),
    ],
)
def test_a_login_is_found_where_each_tool_puts_it(
    variable: str, value: str, file: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    write(tmp_path / file, {"auths": {HOST: entry()}})
    login = auth.find(HOST, {**environment, variable: str(tmp_path / value)})
    assert (login.username, login.password) == ("robin", SECRET)
    assert Path(login.source) == tmp_path / file


@pytest.mark.parametrize(
    "key", [HOST, f"https://{HOST}", f"https://{HOST}/v1/", f"http://{HOST}/v2/"]
)
def test_old_ways_to_write_a_host_are_understood(key: str, environment: dict[str, str]) -> None:
    docker(environment, {"auths": {key: entry()}})
    assert auth.find(HOST, environment).password == SECRET


@pytest.mark.parametrize(
    "key", ["https://index.docker.io/v1/", "docker.io", "registry-1.docker.io"]
)
@pytest.mark.parametrize("host", ["docker.io", "index.docker.io", "registry-1.docker.io"])
def test_docker_hub_is_one_registry_under_all_its_names(
    key: str, host: str, environment: dict[str, str]
) -> None:
    docker(environment, {"auths": {key: entry()}})
    assert auth.find(host, environment).password == SECRET


@pytest.mark.parametrize("key", ["example.com", f"{HOST}:5000", f"evil-{HOST}", f"{HOST}/team"])
def test_the_login_for_another_place_is_not_taken(key: str, environment: dict[str, str]) -> None:
    docker(environment, {"auths": {key: entry()}})
    assert not auth.find(HOST, environment)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({**entry(password=""), "identitytoken": SECRET}, "identity_token"),
        (entry(username="<token>"), "identity_token"),
        ({"registrytoken": SECRET}, "registry_token"),
        ({"username": "robin", "password": SECRET}, "password"),
    ],
)
def test_every_kind_of_login_is_read(content: Any, field: str, environment: dict[str, str]) -> None:
    docker(environment, {"auths": {HOST: content}})
    assert getattr(auth.find(HOST, environment), field) == SECRET


def test_a_helper_for_the_host_goes_before_the_store_and_the_file(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    answer = json.dumps({"Username": "helped", "Secret": SECRET})
    helper(tmp_path, "mine", f"[ $1 = get ] && read host; [ $host = {HOST} ] && echo '{answer}'")
    helper(tmp_path, "all", "exit 7")
    docker(
        environment,
        {"auths": {HOST: entry()}, "credsStore": "all", "credHelpers": {HOST: "mine"}},
    )
    login = auth.find(HOST, environment)
    assert (login.username, login.password, login.notes) == ("helped", SECRET, ())


def test_a_helper_is_asked_for_docker_hub_by_its_old_address(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    helper(
        tmp_path, "all", 'read host; echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"$host\\"}"'
    )
    docker(environment, {"credsStore": "all"})
    assert auth.find("docker.io", environment).identity_token == "https://index.docker.io/v1/"


@pytest.mark.parametrize(
    ("script", "note"),
    [
        ("echo credentials not found in native keychain; exit 1", ""),
        (f"echo {SECRET}; exit 3", "docker-credential-all fails with exit code 3"),
        (f"echo {SECRET}", "docker-credential-all does not answer in JSON"),
        ("sleep 5", "docker-credential-all does not answer within 0.2 seconds"),
    ],
)
def test_a_helper_that_is_of_no_use_is_noted_and_the_file_is_taken(
    script: str,
    note: str,
    tmp_path: Path,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(auth, "HELPER_SECONDS", 0.2 if "sleep" in script else 30)
    helper(tmp_path, "all", script)
    docker(environment, {"auths": {HOST: entry(password="other")}, "credsStore": "all"})
    login = auth.find(HOST, environment)
    assert login.password == "other"
    assert login.notes == ((note,) if note else ())


def test_a_helper_that_is_not_installed_is_named(environment: dict[str, str]) -> None:
    docker(environment, {"credsStore": "desktop"})
    assert auth.find(HOST, environment).notes == ("docker-credential-desktop is not installed",)


def test_the_name_of_a_helper_cannot_lead_elsewhere(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    helper(tmp_path, "x", f"touch {tmp_path}/ran")
    docker(environment, {"credsStore": f"x/../../{tmp_path}/docker-credential-x"})
    assert auth.find(HOST, environment).notes == ("a helper's name is not one",)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", ["{", f'"{SECRET}', "[" * 100_000, "\0"])
def test_a_broken_file_is_named_and_its_content_is_not(
    content: str, environment: dict[str, str]
) -> None:
    docker(environment, content)
    (note,) = auth.find(HOST, environment).notes
    assert note.endswith("config.json is not valid JSON")


@pytest.mark.parametrize(
    "config",
    [[], 1, {"auths": []}, {"auths": {HOST: 1}}, {"auths": {HOST: {}}}, {"credHelpers": 3}],
)
def test_a_file_of_another_form_holds_no_login(config: Any, environment: dict[str, str]) -> None:
    docker(environment, config)
    assert not auth.find(HOST, environment)


def test_a_login_that_cannot_be_decoded_is_noted_without_it(environment: dict[str, str]) -> None:
    docker(environment, {"auths": {HOST: {"auth": f"{SECRET}!"}}})
    (note,) = auth.find(HOST, environment).notes
    assert note.endswith(f"the login for {HOST} is not base64")


def test_a_broken_file_does_not_hide_the_next_one(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    docker(environment, "{")
    write(tmp_path / ".config/helm/registry/config.json", {"auths": {HOST: entry()}})
    login = auth.find(HOST, environment)
    assert login.password == SECRET
    assert len(login.notes) == 1


def test_a_login_never_shows_its_secrets() -> None:
    login = auth.Login(password=SECRET, identity_token=SECRET, registry_token=SECRET)
    assert SECRET not in repr(login)
