"""values.yaml: the template's values with the credentials and parameters of one application."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from chartgen.chart import text
from chartgen.chart.schema import purpose
from chartgen.model import App, Credential, Host, ImageRef, Parameter
from chartgen.render import one_line

# Where clouds tell machines who they are, beside 169.254.0.0/16; as `chartgen.anywhere` has them.
_METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in (
        *("100.100.100.200", "168.63.129.16", "192.0.0.192"),
        *("fd00:ec2::254", "fd20:ce::254"),
    )
)


def build(template: bytes, app: App, image: ImageRef, display_name: str) -> CommentedMap:
    """Return the content of values.yaml, comments included."""
    values = text.from_yaml(template)
    values["displayName"] = text.quoted(display_name)
    values["image"].update(
        {
            "repository": text.quoted(image.repository),
            "tag": text.quoted(image.tag),
            "digest": text.quoted(image.digest),
        }
    )
    values["service"]["port"] = app.runtime.port
    if app.runtime.memory_request:
        values["resources"]["requests"]["memory"] = app.runtime.memory_request
    _append_comment(values, "credentials", _credential_lines(app.credentials))
    _append_comment(values, "parameters", _unset_lines(app.parameters))
    _set_egress(values, [host for host in app.hosts if _is_elsewhere(host.name)])
    _set_parameters(values, [item for item in app.parameters if item.default is not None])
    return values


def _append_comment(values: CommentedMap, key: str, lines: Iterable[str]) -> None:
    """Add lines to the comment above a key."""
    token = values.ca.items[key][1][-1]
    token.value += "".join(f"# {line}".rstrip() + "\n" for line in lines)


def _credential_lines(credentials: Iterable[Credential]) -> Iterator[str]:
    for credential in credentials:
        need = "required" if credential.required else "optional"
        yield from ("", f"{credential.name} ({need})", *_uses(credential))


def _unset_lines(parameters: Iterable[Parameter]) -> Iterator[str]:
    for parameter in parameters:
        if parameter.default is None:
            need = "required" if parameter.required else "optional"
            heading = f"{parameter.name} ({parameter.type}, {need}, no default)"
            yield from ("", heading, *_uses(parameter))


def _uses(item: Credential | Parameter) -> Iterator[str]:
    for what in (item.description, *item.used_by):
        if line := one_line(what):
            yield f"  {line}"


def _is_elsewhere(name: str) -> bool:
    """Neither the pod itself nor its neighbours on the link, nor a cloud's metadata service."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name != "localhost" and not name.endswith(".localhost")
    near = address.is_loopback or address.is_unspecified or address.is_link_local
    return not near and address not in _METADATA


def _set_egress(values: CommentedMap, hosts: list[Host]) -> None:
    """List where the flows go, each place under the fields that name it."""
    if not hosts:
        return
    block = CommentedSeq()
    for index, host in enumerate(hosts):
        entry = CommentedMap({"host": text.quoted(host.name), "port": host.port})
        block.append(entry)
        uses = "\n".join(filter(None, (one_line(str(use)) for use in host.used_by)))
        if uses:
            block.yaml_set_comment_before_after_key(index, before=uses, indent=4)
    values["networkPolicy"]["egress"] = block


def _set_parameters(values: CommentedMap, parameters: list[Parameter]) -> None:
    if not parameters:
        return
    block = CommentedMap()
    for parameter in parameters:
        name = text.key(parameter.name)
        comment = f"-- {purpose(parameter)}"
        block[name] = _default(parameter)
        block.yaml_set_comment_before_after_key(name, before=comment, indent=2)
    values["parameters"] = block


def _default(parameter: Parameter) -> object:
    value = text.quoted(parameter.default)
    if isinstance(value, CommentedSeq):
        value.fa.set_flow_style()
    return value
