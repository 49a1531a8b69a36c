"""Makes the request of an operation: puts values where Gong reads them, opens files."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sources.gong.api.errors import UnusableFile
from sources.gong.api.operations import Operation, ParameterLocation, ParameterType
from sources.gong.api.values import is_dot_segment


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request without its host and its credentials."""

    method: str
    path: str
    """From `/v2` on, values percent-encoded."""
    query: dict[str, Any]
    """A list stands for a parameter that is repeated."""
    has_body: bool
    """Whether `body` is sent, be it empty."""
    body: Any = field(repr=False)
    files: dict[str, Path]


def prepare(operation: Operation, values: Mapping[str, Any]) -> PreparedRequest:
    """Returns the request of an operation.

    Args:
        operation: the row.
        values: by `Parameter.name`; None is left out.

    Raises:
        ValueError: a parameter that the operation does not have, no value for a placeholder of the
            path, or two kinds of body at once.
    """
    locations = {parameter.name: parameter.location for parameter in operation.parameters}
    path, query, body = operation.path, dict[str, Any](), dict[str, Any]()
    files: dict[str, Path] = {}
    whole_body: list[Any] = []
    for name, value in values.items():
        if name not in locations:
            raise ValueError(f"{operation.operation_id} has no parameter {name!r}")
        if value is None:
            continue
        match locations[name]:
            case ParameterLocation.PATH:
                if is_dot_segment(value):
                    raise ValueError(f"{operation.operation_id}: {name} cannot be {value!r}")
                path = path.replace("{" + name + "}", quote(str(value), safe=""))
            case ParameterLocation.QUERY:
                query[name] = value
            case ParameterLocation.BODY:
                _put(body, name, value)
            case ParameterLocation.WHOLE_BODY:
                whole_body.append(value)
            case ParameterLocation.PART:
                files[name] = Path(value)
    if "{" in path:
        raise ValueError(f"{operation.operation_id}: {path} has no value for what is in braces")
    if operation.needs_filter:
        body.setdefault("filter", {})
    if sum((bool(whole_body), bool(files), bool(body))) > 1:
        raise ValueError(f"{operation.operation_id}: its body is of one kind, not of several")
    has_body = bool(whole_body) or ParameterLocation.BODY in locations.values()
    return PreparedRequest(
        operation.method, path, query, has_body, whole_body[0] if whole_body else body, files
    )


def file_urls(operation: Operation, values: Mapping[str, Any]) -> dict[str, str]:
    """Returns the file parameters whose value is a URL: the file is still to be downloaded."""
    return {
        parameter.name: values[parameter.name]
        for parameter in operation.parameters
        if parameter.type is ParameterType.FILE and isinstance(values.get(parameter.name), str)
    }


@contextmanager
def open_files(paths: Mapping[str, Path]) -> Iterator[dict[str, Any]]:
    """Opens the files of a form; httpx reads them piece by piece and sends their length first.

    Raises:
        UnusableFile: a file cannot be read, or has no known size.
    """
    with ExitStack() as stack:
        files: dict[str, Any] = {}
        for name, path in paths.items():
            if path.exists() and not path.is_file():
                raise UnusableFile(f"{name}: {path} is not a file, so its size is not known")
            try:
                file = stack.enter_context(path.open("rb"))
            except OSError as error:
                raise UnusableFile(f"{name}: {path} cannot be read ({error.strerror})") from None
            # the name alone: the user's folders are nobody's business
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            files[name] = (path.name, file, kind)
        yield files


def _put(body: dict[str, Any], dotted: str, value: Any) -> None:
    *outer, last = dotted.split(".")
    for key in outer:
        body = body.setdefault(key, {})
    body[last] = value
