"""Put a chart together: the template's files as they are, the data files of one application."""

from __future__ import annotations

import json

from chartgen import resources, tree
from chartgen.chart import appdata, metadata, readme, sample, schema, text, values
from chartgen.errors import InvalidInput
from chartgen.model import App, Chart, ImageRef
from chartgen.oci.descriptor import digest_of
from chartgen.tree import Tree

_LONGEST_DISPLAY_NAME = 63
_COPIED = ("templates/", "values-", "dashboard.json")
_SAMPLE_COMMENT = b"# Dummy values that satisfy values.schema.json, for linters and tests.\n"


def build(app: App, image: ImageRef, *, epoch: int = 0, display_name: str = "") -> Chart:
    """Return the chart of an application: the same arguments give the same bytes."""
    shown = display_name or app.name
    if len(shown) > _LONGEST_DISPLAY_NAME:
        raise InvalidInput(
            f"the display name has {len(shown)} characters, at most {_LONGEST_DISPLAY_NAME} fit"
        )
    files = _files(app, image, shown, epoch)
    archive = tree.tgz(files, app.name, epoch, first="Chart.yaml")
    return Chart(
        name=app.name,
        version=app.version,
        files=files,
        archive=archive,
        digest=digest_of(archive),
    )


def _files(app: App, image: ImageRef, display_name: str, epoch: int) -> Tree:
    template = resources.chart_template()
    copied = {path: data for path, data in template.items() if path.startswith(_COPIED)}
    chart_values = values.build(template["values.yaml"], app, image, display_name)
    contract = schema.build(json.loads(template["values.schema.json"]), app, chart_values)
    made = {
        "Chart.yaml": text.to_yaml(text.quoted(metadata.build(app, image, epoch))),
        "README.md": readme.build(app, image, contract, display_name),
        "app.json": text.to_json(appdata.build(app, display_name, chart_values)),
        "ci/test-values.yaml": _SAMPLE_COMMENT + text.to_yaml(text.quoted(sample.build(app))),
        "values.schema.json": text.to_json(contract),
        "values.yaml": text.to_yaml(chart_values),
    }
    return tree.merge(copied, made)
