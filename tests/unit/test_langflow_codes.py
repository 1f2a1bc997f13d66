from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chartgen.model import Selection
from chartgen.runtimes.langflow import codes
from tests.flows_factory import Json, baked, component, field, flow, found, group, load

OURS, THEIRS = "class Ours: ...", "class Theirs: ..."
EVALUATES = "validate.create_class(code, 'Some')"


def packaged(*flows: Json) -> list[str]:
    """The codes that a release lets run."""
    contract = json.loads(load(*flows).files["app/chartgen/contract.json"])
    found: list[str] = contract["codes"]
    return found


def coded(text: str | list[str]) -> Json:
    return component(code={"type": "code", "value": text})


@pytest.fixture
def langflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Write how a Langflow evaluates code; its stand-in here, tests/runtime has the real one."""

    def write(evaluates: str = EVALUATES, makes: str = "create_class") -> ModuleType:
        folder = tmp_path / "lfx" / "interface" / "initialize"
        folder.mkdir(parents=True)
        (tmp_path / "lfx" / "custom").mkdir()
        (tmp_path / "lfx" / "custom" / "validate.py").write_text(
            f"made = []\ndef {makes}(code, class_name): made.append(code)\n"
        )
        (folder / "loading.py").write_text(
            "from lfx.custom import validate\n"
            f"def eval_custom_component_code(code, class_name=None): return {evaluates}\n"
        )
        monkeypatch.syspath_prepend(tmp_path)
        for name in [name for name in sys.modules if name.partition(".")[0] == "lfx"]:
            monkeypatch.delitem(sys.modules, name)
        return __import__("lfx.custom.validate", fromlist=["made"])

    return write


def test_code_that_is_packaged_runs_and_no_other_does(
    langflow: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    validate = langflow()
    codes.enforce([codes.digest(OURS)])
    validate.create_class(OURS, "Ours")
    assert capsys.readouterr().err == ""
    for other in (THEIRS, f"{OURS} ", ""):
        with pytest.raises(codes.NotPackaged):
            validate.create_class(other, "Ours")
    refused = capsys.readouterr().err.splitlines()
    assert refused[0] == f"chartgen: {codes.REFUSED}: sha256 {codes.digest(THEIRS)}"
    assert len(refused) == 3
    # Not even to see whether the lock holds.
    assert validate.made == [OURS]


def test_a_file_of_a_bundle_in_the_image_is_langflows_own(
    langflow: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    validate = langflow()
    codes.enforce([])
    bundled, extra = f"{OURS}\n", f"{THEIRS}\n"
    for name, code in ((f"{codes.BUNDLES}acme", bundled), ("_lfx_ext.extra.acme", extra)):
        file = tmp_path / f"{name}.py"
        file.write_text(code)
        module = ModuleType(name)
        vars(module).update(__file__=str(file), Ours=type("Ours", (), {}))
        monkeypatch.setitem(sys.modules, name, module)
    validate.create_class(bundled, "Ours")
    for code, class_name in ((bundled, "Other"), (OURS, "Ours"), (extra, "Ours")):
        with pytest.raises(codes.NotPackaged):
            validate.create_class(code, class_name)
    assert validate.made == [bundled]


def test_a_langflow_that_makes_components_in_another_way_does_not_start(langflow: Any) -> None:
    langflow(evaluates="None")
    with pytest.raises(SystemExit, match="chartgen: Langflow would run code"):
        codes.enforce([])


def test_a_langflow_that_has_not_what_makes_components_does_not_start(langflow: Any) -> None:
    langflow(makes="build_class")
    with pytest.raises(AttributeError, match="create_class"):
        codes.enforce([])


def test_the_code_of_every_component_is_packaged_once() -> None:
    lines = coded(["class Theirs:", "    pass"])  # as backends export it
    inside = group(coded(OURS), lines)
    assert packaged(flow(coded(OURS), inside), flow(component(), name="No code")) == sorted(
        map(codes.digest, (OURS, "class Theirs:\n    pass"))
    )


def test_code_that_a_group_puts_over_a_components_own_is_the_code_that_counts() -> None:
    child = coded(OURS)
    outer = {"type": "code", "value": THEIRS, "proxy": {"id": child["id"], "field": "code"}}
    app = load(flow(group(child, code=outer)))
    assert json.loads(app.files["app/chartgen/contract.json"])["codes"] == [codes.digest(THEIRS)]


def test_the_hash_is_that_of_the_code_in_the_image() -> None:
    app = load(flow(coded("class A:\r\n\tname = 'Grüße, 世界'\n")))
    [node] = baked(app)["data"]["nodes"]
    [known] = json.loads(app.files["app/chartgen/contract.json"])["codes"]
    assert known == codes.digest(node["data"]["node"]["template"]["code"]["value"])


@pytest.mark.parametrize("kind", ["StrInput", ""])
def test_code_is_no_parameter_whatever_type_it_claims_to_have(kind: str) -> None:
    app = load(
        flow(component(code=field(OURS, kind))),
        parameters=[Selection(field="code", name="CODE")],
    )
    assert "it is the component's code" in found(app, "no-parameter").message
