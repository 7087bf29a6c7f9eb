"""Tools made from JSON schemas: an OpenAI-style function, or a tool as an MCP server lists it."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from tool_catalog.errors import BadDomainFile
from tool_catalog.spec import ResultField, ToolClass, ToolSpec
from tool_catalog.tool import read_flags, tell_first


def read_tool(
    schema: Mapping[str, Any],
    domain: str,
    *,
    tool_class: ToolClass,
    flags: str = "",
    act: str = "",
    sinks: tuple[str, ...] = (),
    fields: Mapping[str, ResultField] | None = None,
    wording: str = "",
    scoped: bool = False,
) -> ToolSpec:
    """The spec of a tool that is known by its JSON schema; what runs it is given apart.

    Args:
        schema: `{"type": "function", "function": {...}}`, its inner part, or MCP's
            `{name, description, inputSchema}`.
        domain: the domain that the tool belongs to.
        tool_class: how the default profile treats it.
        flags: letters of TAXONOMY 4, spaces ignored.
        act: the U.S leaf of the call without its prefix; required for sensitive and restricted.
        sinks: arguments that choose who receives data.
        fields: origin and sensitivity of fields of the result.
        wording: the call in words, `{argument}` for a value.
        scoped: whether arguments and state can make a call sensitive that its class is not.

    Raises:
        BadDomainFile: no name, or a schema that cannot be used; domain, tool and place are named.
    """
    name, description, parameters = _read_function(schema, domain)
    try:
        return ToolSpec(
            name=name,
            domain=domain,
            description=description,
            parameters={"type": "object", "properties": {}, **parameters},
            tool_class=tool_class,
            flags=read_flags(flags),
            act=act,
            sinks=sinks,
            fields=dict(fields or {}),
            wording=wording,
            scoped=scoped,
        )
    except ValidationError as error:
        raise BadDomainFile(f"{domain}.{name}: {tell_first(error)}") from error
    except TypeError as error:
        raise BadDomainFile(f"{domain}.{name}: its parameters are no JSON: {error}") from error


def _read_function(schema: Mapping[str, Any], domain: str) -> tuple[str, str, Mapping[str, Any]]:
    """Name, description and parameters, wherever the schema's dialect has them."""
    inner = schema.get("function", schema)
    name = inner.get("name") if isinstance(inner, Mapping) else None
    if not isinstance(name, str) or not name:
        raise BadDomainFile(f"{domain}: a tool's schema has no name: {str(dict(schema))[:120]}")
    parameters = inner.get("inputSchema", inner.get("parameters", {}))
    if not isinstance(parameters, Mapping):
        raise BadDomainFile(f"{domain}.{name}: its parameters must be a JSON schema")
    return name, str(inner.get("description") or name), parameters
