"""Collect the facts about one Langflow release that chartgen ships as data.

Usage (needs only PyPI and ``uv``)::

    python scripts/langflow_facts.py 1.13.0 > chartgen/runtimes/langflow/facts.json

The script creates one virtual environment per runtime profile (``base`` is
``langflow-base``, ``full`` is ``langflow``), asks each what it holds, and writes one
deterministic JSON document to standard output. ``--base-python`` and ``--full-python``
reuse environments that exist already.

Conventions of the document:

* ``profiles.full`` lists only what ``profiles.base`` lacks: full = base + full.
* A top-level import name served by several distributions (``google``) names just one of
  them; the dotted keys of ``import_distributions`` are the precise answer there.
* ``bundles`` is keyed by the package under ``lfx.components`` (packages that lfx still
  carries are left out) and by the module under ``lfx_bundles``; a dotted key is a single
  moved module of a package that is otherwise still in lfx.
* Order of lookup meant for an import: dotted ``import_distributions`` keys (longest
  first), the profile's ``imports``, plain ``import_distributions`` keys, then the import
  name with ``_`` replaced by ``-``.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Facts = dict[str, Any]

PYTHON_VERSION = "3.12"
STARTER_VERSIONS = ("0.3.4", "0.7.3", "0.10.3")
SECRET_NAME = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)(_ID)?$")
VARIABLE_NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
MOVED_MODULE = re.compile(r"""["'](lfx_\w+)\.(\w[\w.]*)["']|from (lfx_\w+)\.(\w[\w.]*) import""")
COLLECTION = "lfx-bundles"

# Folders of data that wheels leave at the top level; none of them is meant to be imported.
STRAY_NAMES = {"certs", "clidriver", "dist", "images", "testfunctions", "vendor_licenses"}

# Providers that only dedicated components offer have no entry in the runtime's catalogue.
EXTRA_PROVIDER_VARIABLES = {"SambaNova": [("SAMBANOVA_API_KEY", "SambaNova API Key")]}

IMPORT_DISTRIBUTIONS = {
    "Crypto": "pycryptodome",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyopenssl",
    "PIL": "pillow",
    "a2a": "a2a-sdk",
    "agentics": "agentics-py",
    "agents": "openai-agents",
    "atlassian": "atlassian-python-api",
    "azure.ai.documentintelligence": "azure-ai-documentintelligence",
    "azure.core": "azure-core",
    "azure.cosmos": "azure-cosmos",
    "azure.identity": "azure-identity",
    "azure.search.documents": "azure-search-documents",
    "azure.storage.blob": "azure-storage-blob",
    "bson": "pymongo",
    "cassandra": "cassandra-driver",
    "dateutil": "python-dateutil",
    "discord": "discord-py",
    "dns": "dnspython",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "faiss": "faiss-cpu",
    "ffmpeg": "ffmpeg-python",
    "firecrawl": "firecrawl-py",
    "fitz": "pymupdf",
    "git": "gitpython",
    "github": "pygithub",
    "gitlab": "python-gitlab",
    "google.ai.generativelanguage": "google-ai-generativelanguage",
    "google.api_core": "google-api-core",
    "google.auth": "google-auth",
    "google.cloud.aiplatform": "google-cloud-aiplatform",
    "google.cloud.bigquery": "google-cloud-bigquery",
    "google.cloud.firestore": "google-cloud-firestore",
    "google.cloud.pubsub": "google-cloud-pubsub",
    "google.cloud.storage": "google-cloud-storage",
    "google.genai": "google-genai",
    "google.generativeai": "google-generativeai",
    "google.oauth2": "google-auth",
    "google.protobuf": "protobuf",
    "googlesearch": "googlesearch-python",
    "grpc": "grpcio",
    "haystack": "haystack-ai",
    "ibm_db_dbi": "ibm-db",
    "jose": "python-jose",
    "jwt": "pyjwt",
    "kafka": "kafka-python",
    "magic": "python-magic",
    "mrscraper": "mrscraper-sdk",
    "multipart": "python-multipart",
    "nacl": "pynacl",
    "needle": "needle-python",
    "newspaper": "newspaper3k",
    "opensearchpy": "opensearch-py",
    "pdfminer": "pdfminer-six",
    "pkg_resources": "setuptools",
    "pptx": "python-pptx",
    "prestodb": "presto-python-client",
    "psycopg2": "psycopg2-binary",
    "serpapi": "google-search-results",
    "skimage": "scikit-image",
    "slugify": "python-slugify",
    "snowflake.connector": "snowflake-connector-python",
    "socks": "pysocks",
    "speech_recognition": "speechrecognition",
    "spider": "spider-client",
    "tavily": "tavily-python",
    "telegram": "python-telegram-bot",
    "weaviate": "weaviate-client",
    "websocket": "websocket-client",
    "whisper": "openai-whisper",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}


def normalise(name: str) -> str:
    """Return a distribution name in its PEP 503 form."""
    return re.sub(r"[-_.]+", "-", name).lower()


# --- probes: these run inside the interrogated environment -----------------------------


def probe_profile() -> Facts:
    """List the import names, distributions and langflow requirements of this environment."""
    imports = {
        name: preferred(name, owners)
        for name, owners in importlib.metadata.packages_distributions().items()
        if name.isidentifier()
        and not name.startswith("_")
        and "__" not in name
        and name not in STRAY_NAMES
    }
    names = {normalise(found.metadata["Name"]) for found in importlib.metadata.distributions()}
    try:
        requires = importlib.metadata.requires("langflow") or []
    except importlib.metadata.PackageNotFoundError:
        requires = []
    return {"imports": imports, "distributions": sorted(names), "requires": requires}


def preferred(name: str, owners: Iterable[str]) -> str:
    """Pick one owner of an import name, independently of the order on disk."""
    candidates = sorted({normalise(owner) for owner in owners})
    return normalise(name) if normalise(name) in candidates else candidates[0]


def probe_runtime() -> Facts:
    """Read the tables of the installed lfx that chartgen needs."""
    constants = importlib.import_module("lfx.services.settings.constants")
    models = importlib.import_module("lfx.base.models.model_metadata")
    requirements = importlib.import_module("lfx.utils.flow_requirements")
    security = importlib.import_module("lfx.utils.env_var_security")
    auth = importlib.import_module("lfx.services.settings.auth")
    validation = importlib.import_module("lfx.utils.flow_validation")
    fallbacks = requirements._PROVIDER_PACKAGE_FALLBACKS
    root = lfx_root()
    return {
        "imported_variables": list(constants.VARIABLES_TO_GET_FROM_ENVIRONMENT),
        "provider_metadata": models.MODEL_PROVIDER_METADATA,
        "provider_packages": {name: sorted(found) for name, found in fallbacks.items()},
        "import_overrides": requirements.IMPORT_NAME_OVERRIDES,
        "extra_distributions": requirements.MODULE_EXTRA_DEPS,
        "refused_prefixes": sorted(security._RESERVED_ENV_PREFIXES),
        "refused_names": sorted(security._RESERVED_ENV_NAMES),
        "settings_names": sorted({name.upper() for name in auth.AuthSettings.model_fields}),
        "code_interpreter_types": sorted(validation.CODE_EXECUTION_COMPONENT_TYPES),
        "code_types": code_types(root / "_assets" / "component_index.json"),
        "in_tree": sorted(path.parent.name for path in root.glob("components/*/__init__.py")),
        "moved_modules": moved_modules(root / "components"),
        "migrations": migrations(root / "extension" / "migration" / "migration_table.json"),
    }


def lfx_root() -> Path:
    """Locate the installed lfx package."""
    spec = importlib.util.find_spec("lfx")
    if spec is None or spec.origin is None:
        raise SystemExit("lfx is not installed in this environment")
    return Path(spec.origin).parent


def code_types(index: Path) -> dict[str, list[str]]:
    """Map the source hash of every component in lfx's index to the types that it may have."""
    validation = importlib.import_module("lfx.utils.flow_validation")
    entries = dict(json.loads(index.read_text(encoding="utf-8"))["entries"])
    hashes_of, _ = validation.collect_component_hash_lookups(entries)
    types: dict[str, list[str]] = {}
    for kind, hashes in sorted(hashes_of.items()):
        for code in hashes:
            types.setdefault(code, []).append(kind)
    return dict(sorted(types.items()))


def moved_modules(components: Path) -> dict[str, str]:
    """Map each shim under ``lfx.components`` to the bundle module it forwards to."""
    moved: dict[str, str] = {}
    for path in sorted(components.rglob("*.py")):
        found = MOVED_MODULE.search(path.read_text(encoding="utf-8"))
        if found:
            parts = path.relative_to(components).with_suffix("").parts
            key = ".".join(part for part in parts if part != "__init__")
            moved[key] = ".".join(part for part in found.groups() if part)
    return moved


def migrations(table: Path) -> dict[str, str]:
    """Map each old package of ``lfx.components`` to the bundle most of it moved to."""
    votes: dict[str, Counter[str]] = {}
    for entry in json.loads(table.read_text(encoding="utf-8"))["entries"]:
        prefix, _, rest = entry.get("import_path", "").partition("lfx.components.")
        if rest and not prefix:
            bundle = entry["target"].split(":")[1]
            votes.setdefault(rest.split(".")[0], Counter())[bundle] += 1
    return {
        package: min(count, key=lambda bundle: (-count[bundle], bundle))
        for package, count in votes.items()
    }


PROBES = {"profile": probe_profile, "runtime": probe_runtime}


# --- environments ----------------------------------------------------------------------


def run_uv(*arguments: str) -> str:
    """Run uv and return what it prints."""
    uv = shutil.which("uv")
    if uv is None:
        raise SystemExit("uv is not on PATH")
    return subprocess.run(  # noqa: S603 - a maintainer's own arguments
        [uv, *arguments], check=True, text=True, stdout=subprocess.PIPE
    ).stdout


def build_environment(folder: Path, *requirements: str) -> Path:
    """Create a virtual environment with these requirements and return its interpreter."""
    run_uv("venv", "--python", PYTHON_VERSION, str(folder))
    python = folder / "bin" / "python"
    run_uv("pip", "install", "--python", str(python), *requirements)
    return python


def unpack(requirement: str, python: Path, folder: Path) -> Path:
    """Unpack one distribution, without its dependencies, into a folder."""
    run_uv(
        *("pip", "install", "--python", str(python), "--no-deps"),
        *("--target", str(folder), requirement),
    )
    return folder


def interrogate(python: Path, probe: str, folder: Path) -> Facts:
    """Run one of this script's probes under another interpreter."""
    # The runtime logs to standard output while importing, so the answer goes by file.
    answer = folder / f"{probe}.json"
    subprocess.run(  # noqa: S603 - an interpreter the maintainer chose
        [str(python), str(Path(__file__).resolve()), "--probe", probe, str(answer)],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=folder,
    )
    found: Facts = json.loads(answer.read_text(encoding="utf-8"))
    return found


def unpack_collection(version: str, python: Path, folder: Path) -> Path:
    """Unpack the newest bundle collection that this lfx version accepts."""
    # Newer collections need a newer lfx, hence the resolution against the pinned one.
    wanted = folder / "collection.in"
    wanted.write_text(f"{COLLECTION}\nlfx=={version}\n", encoding="utf-8")
    pins = run_uv(
        *("pip", "compile", "--quiet", "--no-header", "--no-annotate"),
        *("--python", str(python), str(wanted)),
    )
    pin = next(line for line in pins.splitlines() if line.startswith(f"{COLLECTION}=="))
    return unpack(pin, python, folder / "collection")


# --- assembly --------------------------------------------------------------------------


def profile_facts(base: Facts, full: Facts) -> Facts:
    """Describe both profiles, the full one as its difference from base."""
    return {
        "base": {"imports": base["imports"], "distributions": base["distributions"]},
        "full": {
            "imports": {
                name: owner
                for name, owner in full["imports"].items()
                if name not in base["imports"]
            },
            "distributions": sorted(set(full["distributions"]) - set(base["distributions"])),
        },
    }


def collection_distributions(folder: Path) -> dict[str, str]:
    """Map each bundle in the unpacked collection to its requirement, with extra if any."""
    metadata = next(folder.glob("lfx_bundles-*.dist-info/METADATA")).read_text(encoding="utf-8")
    extras = set(re.findall(r"^Provides-Extra: (.+)$", metadata, re.MULTILINE))
    modules = sorted(path.parent.name for path in folder.glob("lfx_bundles/*/__init__.py"))
    return {
        module: f"{COLLECTION}[{normalise(module)}]" if normalise(module) in extras else COLLECTION
        for module in modules
    }


def bundle_facts(runtime: Facts, full: Facts, collection: dict[str, str]) -> Facts:
    """Map moved component packages to the distributions that carry them now."""
    standalone = {
        normalise(match.group())
        for match in (re.match(r"lfx-[\w-]+", line) for line in full["requires"])
        if match
    }
    homes: dict[str, str] = dict(collection)
    for package, bundle in runtime["migrations"].items():
        own = f"lfx-{normalise(bundle)}"
        homes[package] = own if own in standalone else collection[bundle]
    homes = {name: home for name, home in homes.items() if name not in runtime["in_tree"]}
    for key, module in runtime["moved_modules"].items():
        package, bundle = module.split(".")[:2]
        own = normalise(package)
        homes[key] = collection[bundle] if own == COLLECTION else own
    return {
        name: {
            "distribution": home,
            "in_full": home.partition("[")[0] in full["distributions"],
        }
        for name, home in homes.items()
    }


def provider_facts(runtime: Facts) -> Facts:
    """Describe the model providers: their packages and the variables they read."""
    metadata, packages = runtime["provider_metadata"], runtime["provider_packages"]
    providers: Facts = {
        name: {
            "aliases": entry.get("aliases", []),
            "packages": packages[name],
            "variables": [variable_facts(name, found) for found in entry["variables"]],
        }
        for name, entry in metadata.items()
    }
    known = {alias for entry in providers.values() for alias in entry["aliases"]}
    for name in packages.keys() - providers.keys() - known:
        providers[name] = {
            "aliases": [],
            "packages": packages[name],
            "variables": [
                variable_facts(
                    name,
                    {
                        "variable_key": key,
                        "variable_name": label,
                        "is_secret": True,
                        "required": True,
                        "component_metadata": {"mapping_field": "api_key"},
                    },
                )
                for key, label in EXTRA_PROVIDER_VARIABLES.get(name, [])
            ],
        }
    return providers


def variable_facts(provider: str, found: Facts) -> Facts:
    """Describe one variable of a provider; its label stands in for a description."""
    label = found["variable_name"]
    return {
        "name": found["variable_key"],
        "secret": found["is_secret"],
        "required": found["required"],
        "description": label
        if label.startswith(provider.partition(" ")[0])
        else f"{provider} {label}",
        "field": found.get("component_metadata", {}).get("mapping_field"),
        "options": found.get("options", []),
    }


def bound_secrets(folder: Path) -> set[str]:
    """Collect the variable names that secret fields of the starter projects load."""
    names: set[str] = set()
    for path in folder.glob("langflow/initial_setup/starter_projects/*.json"):
        flow = json.loads(path.read_text(encoding="utf-8"))
        for node in flow["data"]["nodes"]:
            template = node["data"].get("node", {}).get("template", {})
            names |= {
                field["value"]
                for field in template.values()
                if isinstance(field, dict) and loads_secret(field)
            }
    return names


def loads_secret(field: Facts) -> bool:
    """Tell whether a secret field takes its value from a named variable."""
    value = field.get("value")
    return bool(
        field.get("password")
        and field.get("load_from_db")
        and isinstance(value, str)
        and VARIABLE_NAME.fullmatch(value)
    )


def import_distributions(overrides: dict[str, str]) -> dict[str, str]:
    """Return the overrides that replacing ``_`` by ``-`` would get wrong."""
    table = IMPORT_DISTRIBUTIONS | {name: normalise(owner) for name, owner in overrides.items()}
    return {name: owner for name, owner in table.items() if normalise(name) != owner or "." in name}


def known_variables(imported: list[str], providers: Facts, bound: set[str]) -> list[str]:
    """Merge every source of well-known credential names."""
    named = {name for name in imported if SECRET_NAME.search(name)}
    provided = {
        variable["name"]
        for provider in providers.values()
        for variable in provider["variables"]
        if variable["secret"]
    }
    return sorted(named | provided | bound)


def collect(version: str, base_python: Path, full_python: Path, folder: Path) -> Facts:
    """Assemble the whole document."""
    base = interrogate(base_python, "profile", folder)
    full = interrogate(full_python, "profile", folder)
    runtime = interrogate(base_python, "runtime", folder)
    collection = collection_distributions(unpack_collection(version, base_python, folder))
    bound: set[str] = set()
    for starter in sorted({*STARTER_VERSIONS, version}):
        target = folder / f"starter-{starter}"
        bound |= bound_secrets(unpack(f"langflow-base=={starter}", base_python, target))
    providers = provider_facts(runtime)
    carried = (
        *("imported_variables", "refused_prefixes", "refused_names", "settings_names"),
        *("code_types", "code_interpreter_types", "extra_distributions"),
    )
    return {
        "version": version,
        "profiles": profile_facts(base, full),
        "bundles": bundle_facts(runtime, full, collection),
        "providers": providers,
        "known_variables": known_variables(runtime["imported_variables"], providers, bound),
        "import_distributions": import_distributions(runtime["import_overrides"]),
        **{key: runtime[key] for key in carried},
    }


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Print facts about a Langflow release as JSON.")
    parser.add_argument("version", help="Langflow version, for example 1.13.0")
    parser.add_argument("--base-python", type=Path, help="interpreter with langflow-base")
    parser.add_argument("--full-python", type=Path, help="interpreter with langflow")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> None:
    """Print the facts, or answer a probe when called by this script itself."""
    if arguments[:1] == ["--probe"]:
        answer = json.dumps(PROBES[arguments[1]]())
        Path(arguments[2]).write_text(answer, encoding="utf-8")
        return
    options = parse_arguments(arguments)
    version: str = options.version
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engine = f"langflow-base[postgresql]=={version}"
        base_python = options.base_python or build_environment(
            folder / "base", engine, f"lfx=={version}"
        )
        full_python = options.full_python or build_environment(
            *(folder / "full", f"langflow[postgresql]=={version}"),
            *(f"langflow-base=={version}", f"lfx=={version}"),
        )
        # Absolute, not resolved: following the link would leave the environment.
        facts = collect(version, base_python.absolute(), full_python.absolute(), folder)
    sys.stdout.write(json.dumps(facts, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
