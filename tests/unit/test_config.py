from __future__ import annotations

import time
from pathlib import Path

import pytest

from chartgen import config
from chartgen.errors import InvalidInput
from chartgen.model import Finding


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "chartgen.yaml"


def problems(file: Path, text: str | bytes) -> tuple[Finding, ...]:
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(InvalidInput) as caught:
        config.load(file)
    assert str(file) in caught.value.message
    return caught.value.findings


def only(file: Path, text: str | bytes) -> Finding:
    (found,) = problems(file, text)
    assert found.file == str(file)
    return found


def test_all_options_are_read(file: Path) -> None:
    file.write_text(
        'name: bots\nversion: "1.0.0"\ndisplayName: Bots\nbuilder: none\nstrict: true\n'
        "bindLiterals: true\nrequireImage: false\nimage: r.example.com/bots\nbase: a/b:1\n"
        "description: Some bots\npackages: [httpx]\nmodules: {acme.tools: acme, other: ''}\n"
        "credentials:\n  - {flow: F, component: C, field: key, name: KEY, required: false}\n"
        "parameters:\n  - {field: tone, name: TONE, description: How it sounds}\n"
    )
    read = config.load(file)
    assert read["version"] == "1.0.0"
    assert read["credentials"][0]["required"] is False


@pytest.mark.parametrize("day", ["2027-01-31", "'2027-01-31'"])
def test_an_exceptions_last_day_needs_no_quotes(file: Path, day: str) -> None:
    mark = "scrypt:0123456789abcdef"
    file.write_text(f"exceptions: [{{fingerprint: '{mark}', reason: a sample, expires: {day}}}]")
    [exception] = config.load(file)["exceptions"]
    assert exception == {"fingerprint": mark, "reason": "a sample", "expires": "2027-01-31"}


@pytest.mark.parametrize(
    "exception",
    [
        "{fingerprint: 'scrypt:0123456789abcdef', expires: 2027-01-31}",
        "{fingerprint: 'scrypt:0123456789abcdef', reason: '', expires: 2027-01-31}",
        "{fingerprint: 'scrypt:0123456789abcdef', reason: a sample}",
        "{fingerprint: 'scrypt:0123456789abcdef', reason: a sample, expires: never}",
        "{fingerprint: 'scrypt:0123456789abcdef', reason: a, expires: 2027-01-31 10:00:00}",
        "{fingerprint: 'sha256:0123456789abcdef', reason: a sample, expires: 2027-01-31}",
    ],
)
def test_an_exception_without_fingerprint_reason_and_day_is_refused(
    file: Path, exception: str
) -> None:
    only(file, f"exceptions: [{exception}]")


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "\ufeffname: bots\n", "{}"])
def test_an_empty_file_and_a_byte_order_mark_are_fine(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    config.load(file)


def test_paths_are_taken_from_where_the_file_lies(file: Path) -> None:
    file.write_text("flows: [flows, ../other, /abs]\ndestination: dist\n")
    read = config.load(file)
    here = file.parent
    assert read["flows"] == [str(here / "flows"), str(here / "../other"), "/abs"]
    assert read["destination"] == str(here / "dist")


def test_unknown_keys_are_refused_with_a_suggestion_each(file: Path) -> None:
    found = problems(file, "nmae: x\ndisplay_name: y\nzzz: 1\n1: 2\n? [a, b]\n: c\n")
    fixes = {item.message: item.fix for item in found}
    assert fixes["there is no key 'nmae'"] == "did you mean 'name'?"
    assert fixes["there is no key 'display_name'"] == "did you mean 'displayName'?"
    assert fixes["there is no key 'zzz'"].startswith("known keys: allowOldBase, base, ")
    assert len(found) == 5


def test_an_unknown_key_in_a_selection_is_placed(file: Path) -> None:
    found = only(file, "parameters:\n  - {field: a, name: A, componet: c}\n")
    assert (found.at, found.fix) == ("$.parameters[0]", "did you mean 'component'?")


def test_a_version_without_quotes_is_an_error_that_says_to_quote_it(file: Path) -> None:
    found = only(file, "version: 1.10\n")
    assert (found.at, found.message) == ("$.version", "this is a number, and must be a text")
    assert "Quote it" in found.fix


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: 12", "this is a number, and must be a text"),
        ("name:", "this is empty, and must be a text"),
        ("version: 2026-01-02", "this is a date, and must be a text"),
        ("flows: flows", "this is a text, and must be a list"),
        ("flows: []", "this is empty"),
        ("flows: ['']", "this has another form"),
        ('destination: "a\\0b"', "this has another form"),
        ("strict: yes", "this is a text, and must be true or false"),
        ("builder: Docker", "this must be one of auto, oci, docker, none"),
        ("displayName: ''", "this is empty"),
        (f"displayName: {'x' * 64}", "this has 64 characters, at most 63 fit"),
        ("packages: {httpx: 1}", "this is a mapping, and must be a list"),
        ("modules: [acme]", "this is a list, and must be a mapping"),
        ("modules: {acme: [x]}", "this is a list, and must be a text"),
        ("modules: {acme tools: x}", "this has another form"),
        ("modules: {a.b.c.d.e: x}", "this has another form"),
        ("credentials: [{field: key}]", "'name' is missing"),
        ("credentials: [key]", "this is a text, and must be a mapping"),
        ("credentials: [{field: key, name: my-key}]", "this has another form"),
        ('credentials: [{field: key, name: "KEY\\n"}]', "this has another form"),
        ("parameters: [{field: a, name: A, required: false}]", "there is no key 'required'"),
    ],
)
def test_wrong_types_are_told_in_plain_words(file: Path, text: str, message: str) -> None:
    assert only(file, text).message == message


@pytest.mark.parametrize(
    ("text", "kind"), [("- name", "a list"), ("name", "a text"), ("1.10", "a number")]
)
def test_the_top_must_be_a_mapping(file: Path, text: str, kind: str) -> None:
    assert only(file, text).message == f"this is {kind}, and must be a mapping"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("name: [a\nversion: b", "line 2, column"),
        ("name: a\n  version: b", "line 2, column 10"),
        ("name: 'a", "line 1, column"),
        ("name: a\n\tversion: b", "line 2, column"),
        ("name: !!python/object:os.system x", "line 1, column 7"),
        ("name: a\n---\nname: b", "line 2, column 1"),
        ("name: \x00", "line"),
    ],
)
def test_broken_yaml_is_placed_by_line_and_column(file: Path, text: str, place: str) -> None:
    found = only(file, text)
    assert (found.at + found.message).startswith(place) or place == "line"


def test_a_key_that_stands_twice_is_refused(file: Path) -> None:
    found = only(file, "name: a\nversion: b\nname: c\n")
    assert (found.at, found.message) == ("line 3, column 1", "the key 'name' stands here twice")


def test_an_anchor_that_is_given_twice_is_quoted_nowhere(
    file: Path, recwarn: pytest.WarningsRecorder
) -> None:
    file.write_text("name: &it bots\ndescription: &it hunter2\n")
    assert config.load(file)["description"] == "hunter2"
    assert not recwarn.list


def test_anchors_are_fine_in_moderation(file: Path) -> None:
    file.write_text("name: &it bots\ndisplayName: *it\n")
    assert config.load(file)["displayName"] == "bots"


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(
            [
                "a0: &a0 [x]",
                *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)),
            ]
        ),
        "\n".join(
            [
                "a0: &a0 {x: 1, y: 2}",
                *(f"a{n}: &a{n}\n  <<: [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)),
            ]
        ),
        "name: &a [*a]",
        "? &a [*a]\n: b",
        "\n".join(
            [
                "a0: &a0 [x]",
                *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)),
                "? *a11\n: x",
            ]
        ),
        "packages: &a\n  b: *a",
        f"packages: [{'x, ' * 20_000}]",
        "[" * 100_000,
        "name: " + "x" * 2_000_000,
    ],
)
def test_what_would_take_for_ever_is_refused_at_once(file: Path, text: str) -> None:
    began = time.monotonic()
    assert problems(file, text)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "value",
    [
        *(
            "!!bool x",
            "!!int ''",
            "!!int x",
            "!!float x",
            "!!null x",
            "!!timestamp x",
            "2027-13-45",
        ),
        *(
            "!!binary '%'",
            "!!set [x]",
            "!!omap x",
            "!!pairs [x]",
            "!!str {x: y}",
            "0x_",
            "9" * 6000,
        ),
        *("!!python/object/apply:os.system [id]", "!!python/name:os.system", "!x y", "!<> y"),
    ],
)
def test_a_tag_makes_nothing_but_plain_data_and_a_wrong_one_is_refused(
    file: Path, value: str
) -> None:
    assert problems(file, f"name: {value}")


@pytest.mark.parametrize("data", [b"name: b\xfcro", "name: büro".encode("utf-16"), b"\xff\xfe"])
def test_another_encoding_is_refused(file: Path, data: bytes) -> None:
    assert only(file, data).message == "this is not UTF-8"


def test_the_line_of_a_wrong_byte_is_named(file: Path) -> None:
    assert only(file, b"name: bots\ndescription: \xfc\n").at == "line 2"


def test_a_folder_of_that_name_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        config.load(tmp_path)
    assert caught.value.findings[0].message == "this cannot be read: is a directory"


def test_the_file_in_the_folder_comes_before_the_one_beside_it(tmp_path: Path) -> None:
    flows = tmp_path / "flows"
    flows.mkdir()
    assert config.find([flows]) is None
    beside = tmp_path / "chartgen.yaml"
    beside.write_text("")
    assert config.find([flows]) == beside
    assert config.find([flows / "a.json"]) == beside
    inside = flows / "chartgen.yaml"
    inside.write_text("")
    assert config.find([flows]) == config.find([flows / "a.json"]) == inside


def test_a_file_in_json_may_escape_an_emoji(file: Path) -> None:
    file.write_text('{"description": "\\ud83e\\udd84 bots"}')
    assert config.load(file)["description"] == "🦄 bots"


def test_half_of_an_emoji_is_refused(file: Path) -> None:
    found = only(file, '{"description": "\\ud83e bots"}')
    assert "half of a surrogate pair" in found.message
