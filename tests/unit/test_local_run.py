from __future__ import annotations

import getpass
import shutil
from pathlib import Path

import pytest
from docker.errors import NotFound

from chartgen.cli import resolve
from chartgen.cli import terminal as screen
from chartgen.cli.output import Narrator
from chartgen.errors import InvalidInput
from chartgen.image.access import Access
from chartgen.local import needs, pod, running
from chartgen.local.needs import Given
from chartgen.local.running import Started
from tests import cli as terminal
from tests.cli import CANARY

NAME = "registry.example.com/team/support-bots"
SIGNING = "ACME_SIGNING_KEY"
FERNET = "k" * 43
FLAGS = {"env_file": None}


class Hearing(Narrator):
    """Hears what is told."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def line(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)
    shutil.copytree(terminal.EXAMPLES, "flows", dirs_exist_ok=True)
    monkeypatch.delenv(SIGNING, raising=False)


@pytest.fixture
def file() -> Path:
    return terminal.release("--builder", "none")


def look(file: Path, narrator: Hearing | None = None, **flags: object) -> dict[str, str]:
    """The environment of the container, from where the command finds it."""
    given = resolve.given(file, {**FLAGS, **flags}, narrator or Hearing())
    return needs.environment(pod.read(file), given)


def test_credentials_come_from_dot_env_in_the_current_folder(file: Path) -> None:
    Path(".env").write_text(f"{SIGNING}='{CANARY}'\nTONE=formal\n")
    found = look(file)
    assert (found[SIGNING], found["TONE"]) == (CANARY, "formal")


def test_another_file_takes_the_place_of_dot_env(file: Path) -> None:
    Path(".env").write_text(f"{SIGNING}=one\nTONE=formal\n")
    Path("my.env").write_text(f"{SIGNING}=two\n")
    found = look(file, env_file=Path("my.env"))
    assert found[SIGNING] == "two"
    assert "TONE" not in found


def test_the_environment_wins_over_the_file_as_it_does_for_compose(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(".env").write_text(f"{SIGNING}=one\nTONE=formal\n")
    monkeypatch.setenv(SIGNING, "two")
    monkeypatch.setenv("TONE", "")
    found = look(file)
    assert (found[SIGNING], found["TONE"]) == ("two", "formal")


def test_the_runtimes_own_keys_are_made_anew_when_nobody_gives_them(file: Path) -> None:
    Path(".env").write_text(f"{SIGNING}=one\nLANGFLOW_SECRET_KEY={FERNET}\n")
    first, second = look(file), look(file)
    assert first["LANGFLOW_SECRET_KEY"] == second["LANGFLOW_SECRET_KEY"] == FERNET
    for name in ("LANGFLOW_API_KEY", "LANGFLOW_SUPERUSER_PASSWORD"):
        assert first[name] != second[name]


def test_what_is_missing_is_asked_for_without_showing_it(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return CANARY

    monkeypatch.setattr(getpass, "getpass", answer)
    monkeypatch.setattr(screen, "can_ask", lambda: True)
    narrator = Hearing()
    assert look(file, narrator)[SIGNING] == CANARY
    assert asked == [f"  {SIGNING}: "]
    assert narrator.said == [f"{SIGNING} is not set: Signed webhook → HMAC Signer → Signing key"]
    assert CANARY not in "".join(capsys.readouterr())


def test_nobody_is_asked_where_there_is_no_terminal(file: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        look(file)
    (finding,) = caught.value.findings
    assert finding.code == "value-missing"
    assert finding.message.startswith(f"{SIGNING} is not set: Signed webhook → ")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("LANGFLOW_API_KEY", "zq8vt3", "16 characters or more"),
        ("LANGFLOW_SECRET_KEY", f"{CANARY} {CANARY} {CANARY}", "has another form"),
    ],
)
def test_a_key_that_the_runtime_cannot_use_is_refused_without_quoting_it(
    name: str, value: str, words: str, file: Path
) -> None:
    Path(".env").write_text(f"{SIGNING}=one\n{name}='{value}'\n")
    with pytest.raises(InvalidInput) as caught:
        look(file)
    (finding,) = caught.value.findings
    assert words in finding.message
    assert value not in str(finding)


def test_without_an_engine_run_says_so_and_ends_with_3(file: Path) -> None:
    done = terminal.run("run", file)
    assert (done.code, done.out) == (3, "")
    assert "no Docker engine answers" in done.err


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_port_that_is_none_is_wrong_usage(port: str, file: Path) -> None:
    done = terminal.run("run", file, "--port", port)
    assert done.code == 2
    assert "is no number from 1 to 65535" in done.err


def test_a_file_that_is_not_there_is_wrong_usage(file: Path) -> None:
    assert terminal.run("run", file, "--env-file", "none.env").code == 2


def test_the_lines_call_every_flow_and_hold_no_secret(file: Path) -> None:
    read = pod.read(file)
    started = Started(container="bots-1", url="http://127.0.0.1:7860", pod=read)
    first, *lines = started.lines
    assert first == 'LANGFLOW_API_KEY="$(docker exec bots-1 printenv LANGFLOW_API_KEY)"'
    assert lines[:2] == [
        "# Echo",
        "curl http://127.0.0.1:7860/api/v1/run/echo "
        '--header "x-api-key: $LANGFLOW_API_KEY" '
        "--header 'Content-Type: application/json' --data '{\"input_value\":\"Hello\"}'",
    ]
    assert len(lines) == 2 * len(read.app["flows"])


def test_a_hostile_name_stays_in_its_comment(file: Path) -> None:
    read = pod.read(file)
    read.app["flows"][0]["name"] = "Echo\nrm -rf ~\r\x1b[2J"
    lines = Started(container="bots-1", url="http://127.0.0.1:7860", pod=read).lines
    assert lines[1] == "# Echo rm -rf ~ [2J"


def test_what_was_given_is_not_shown_by_an_accident() -> None:
    assert CANARY not in repr(Given(environment={}, file={SIGNING: CANARY}, fresh={"A": CANARY}))


class Engine:
    """An engine's client with images of these names and ids."""

    def __init__(self, images: dict[str, str]) -> None:
        self.api, self._images = self, images

    def inspect_image(self, name: str) -> dict[str, str]:
        if name not in self._images:
            raise NotFound(name)
        return {"Id": self._images[name]}


def image(file: Path, engine: Engine) -> str:
    return running.image(pod.read(file), engine, file, Access(), Hearing())


def test_an_image_that_the_engine_has_is_not_loaded_again(file: Path) -> None:
    assert image(file, Engine({f"{NAME}:1.0.0": "sha256:one"})) == "sha256:one"


def test_an_image_that_was_pulled_is_found_by_its_digest() -> None:
    pinned = f"registry.example.com/bots@sha256:{'a' * 64}"
    file = terminal.release("--image", pinned)
    assert image(file, Engine({pinned: "sha256:two"})) == "sha256:two"
    with pytest.raises(InvalidInput, match=f"`docker pull {pinned}` gets it"):
        image(file, Engine({"registry.example.com/bots:1.0.0": "sha256:another"}))


def test_an_image_that_the_engine_lacks_and_nobody_built_is_named(file: Path) -> None:
    with pytest.raises(InvalidInput, match=f"the Docker engine has no {NAME}:1"):
        image(file, Engine({}))
