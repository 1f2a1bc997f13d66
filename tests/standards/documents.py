"""A chart rendered as a list of documents, and the pods that they make."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import helm_python
import yaml
from helm_python import _native

from chartgen import tree
from chartgen.tree import Tree

Document = dict[str, Any]
# "Kind/name" → object.
Documents = dict[str, Document]

KUBERNETES = "1.34.0"
NAMESPACE = "prod"
RELEASE = "demo"
# Kind → where its template of a pod stands.
_TEMPLATES = {
    "Pod": (),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet", "Job"), ("spec", "template")),
}


_SEPARATOR = re.compile(r"^---$", re.MULTILINE)


class Engine:
    """Helm's engine with one chart in it: loaded once, it renders in a few milliseconds."""

    def __init__(self, files: Tree) -> None:
        packed = tree.tgz(files, "chart", 0, first="Chart.yaml")
        self._chart = helm_python.Chart.load_archive(packed)

    def documents(self, values: Mapping[str, Any], **options: Any) -> Documents:
        """Render: "Kind/name" → object; two objects of one name are a fault."""
        return by_name(parse(self.text(values, **options)))

    def as_clusters_read(self, values: Mapping[str, Any], **options: Any) -> Documents:
        """Render, and read with Helm's own parser of YAML: what the cluster gets."""
        documents = (
            helm_python.values_from_yaml(document)
            for text in self.texts(values, **options)
            for document in _SEPARATOR.split(text)
        )
        return by_name(document for document in documents if document)

    def text(self, values: Mapping[str, Any], **options: Any) -> str:
        """Render: all manifests as one text."""
        return "\n---\n".join(self.texts(values, **options))

    def texts(
        self,
        values: Mapping[str, Any],
        *,
        kubernetes: str = KUBERNETES,
        api_versions: Sequence[str] = (),
        name: str = RELEASE,
        namespace: str = NAMESPACE,
    ) -> list[str]:
        """Render: what each template makes, without the notes."""
        options = {
            "name": name,
            "namespace": namespace,
            "kube_version": kubernetes,
            "api_versions": list(api_versions),
        }
        # Chart.render says the same but cannot name the versions of a cluster.
        answer = _native.call_string(
            "helm_render", self._chart._raw(), json.dumps(values), json.dumps(options)
        )
        rendered: dict[str, str] = json.loads(answer)
        return [text for path, text in sorted(rendered.items()) if path.endswith(".yaml")]

    def refusal(self, values: Mapping[str, Any], **options: Any) -> str:
        """Say why values are refused; nothing when they are taken."""
        try:
            self.text(values, **options)
        except helm_python.HelmError as error:
            return str(error)
        return ""


def parse(text: str) -> list[Document]:
    """Read a stream of manifests; empty documents are left out."""
    # The C parser where PyYAML has it: these texts are read thousands of times.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [document for document in yaml.load_all(text, Loader=loader) if document]


def by_name(documents: Iterable[Document]) -> Documents:
    """Order documents by what they are called."""
    named: Documents = {}
    for document in documents:
        name = f"{document['kind']}/{document['metadata']['name']}"
        assert name not in named, f"{name} is there twice"
        named[name] = document
    return named


@dataclass(frozen=True)
class Pod:
    """A pod that a document makes: the pod itself, or what a Deployment or CronJob stamps out."""

    owner: str
    kind: str
    metadata: dict[str, Any]
    spec: dict[str, Any]

    @property
    def labels(self) -> dict[str, str]:
        """What selectors look at."""
        return dict(self.metadata.get("labels") or {})

    @property
    def containers(self) -> list[tuple[str, dict[str, Any]]]:
        """All containers with where they stand, those for the start among them."""
        lists = ("initContainers", "containers", "ephemeralContainers")
        return [
            (f"{self.owner} {part}[{container['name']}]", container)
            for part in lists
            for container in self.spec.get(part) or []
        ]

    @property
    def serving(self) -> list[tuple[str, dict[str, Any]]]:
        """The containers that are there as long as the pod is."""
        if self.kind not in {"Deployment", "StatefulSet", "DaemonSet"}:
            return []
        return [
            (where, container)
            for where, container in self.containers
            if " containers[" in where or container.get("restartPolicy") == "Always"
        ]

    @property
    def contexts(self) -> list[tuple[str, dict[str, Any]]]:
        """The security contexts: of the pod, then of each container."""
        own = (self.owner, self.spec.get("securityContext") or {})
        return [own, *((w, c.get("securityContext") or {}) for w, c in self.containers)]


def pods(documents: Documents) -> Iterator[Pod]:
    """Every pod that the documents make."""
    for name, document in documents.items():
        if document["kind"] in _TEMPLATES:
            found: Any = document
            for key in _TEMPLATES[document["kind"]]:
                found = found[key]
            yield Pod(name, document["kind"], found.get("metadata") or {}, found["spec"])


def of_kind(documents: Documents, *kinds: str) -> Iterator[tuple[str, Document]]:
    """The documents of some kinds, with their names."""
    return ((name, found) for name, found in documents.items() if found["kind"] in kinds)


def selects(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Say whether a selector meets labels; one that is empty meets all, one that is not there none.

    >>> selects({"matchLabels": {"a": "b"}}, {"a": "b", "c": "d"})
    True
    """
    if selector is None:
        return False
    wanted = (selector.get("matchLabels") or {}).items() <= labels.items()
    return wanted and all(_expressed(rule, labels) for rule in selector.get("matchExpressions", ()))


def _expressed(rule: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = rule["key"], rule.get("values") or []
    answers = {
        "In": labels.get(key) in values,
        "NotIn": labels.get(key) not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }
    return answers[rule["operator"]]
