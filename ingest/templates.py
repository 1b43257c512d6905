"""Declared routes: the paths of an OpenAPI file, or a list of `GET /v1/agents/{id}`; better than guessing."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from ingest.routes import is_identifier
from model.errors import ConfigError

_METHODS: Final = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
_LINE = re.compile(r"(?:([A-Za-z]+|\*)\s+)?(/\S*)\s*")
_COLON = re.compile(r"(?<=/):([A-Za-z_]\w*)|<(?:\w+:)?(\w+)>", re.ASCII)
_PARAMETER = re.compile(r"\{[^{}/]*\}")
_REST = re.compile(r"\{[^{}/]*(?:\*|\+|:path)\}|\*\*?")
_CACHED: Final = 100_000


class _Node:
    """What may follow a part of a path."""

    __slots__ = ("literals", "parameters", "rest", "routes")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.parameters: dict[tuple[str, str], _Node] = {}
        """By what stands before and behind the braces in the segment."""
        self.rest: dict[str, str] = {}
        """Method to the route that takes all the rest."""
        self.routes: dict[str, str] = {}
        """Method (`*` for any) to the route that ends here."""


class Templates:
    """Finds the declared route of a path: a literal segment beats a parameter, the segment's text counts in full."""

    def __init__(self, declared: Sequence[tuple[str, str]]) -> None:
        """`declared` are (method or `*`, path with `{parameters}`)."""
        self.routes: Final = frozenset(path for _, path in declared)
        self._root = _Node()
        self._found: dict[tuple[str, str], str | None] = {}
        for method, path in declared:
            self._declare(method.upper(), path)
        # A literal that looks like an identifier (/years/2026) is gone from the generic route: the path tells then.
        self._by_path = any(is_identifier(part) for route in self.routes for part in route.split("/"))

    @property
    def needs_path(self) -> bool:
        """Whether rows must be distinct by path too; else (method, generic route) are enough."""
        return self._by_path

    def match(self, rows: Sequence[tuple[str | None, str, str]]) -> list[str]:
        """The declared route of each distinct (method, generic route, path); the generic one where none is declared."""
        found = self._found
        routes = []
        for method, generic, path in rows:
            key = (method or "*", path if self._by_path else generic)
            route = found.get(key, "")
            if route == "":
                route = self._look(*key)
                if len(found) < _CACHED:
                    found[key] = route
            routes.append(generic if route is None else route)
        return routes

    def _declare(self, method: str, route: str) -> None:
        node = self._root
        for part in route.strip("/").split("/"):
            if _REST.fullmatch(part):
                node.rest[method] = route
                return
            opening = _PARAMETER.search(part)
            if opening is None:
                node = node.literals.setdefault(part, _Node())
            else:
                tail = part[part.rfind("}") + 1 :]
                node = node.parameters.setdefault((part[: opening.start()], tail), _Node())
        node.routes[method] = route

    def _look(self, method: str, path: str) -> str | None:
        # HEAD is answered by what answers GET.
        for wanted in (method, "GET") if method == "HEAD" else (method,):
            found = _walk(self._root, path.strip("/").split("/"), 0, wanted)
            if found is not None:
                return found
        return None


def _walk(node: _Node, parts: Sequence[str], at: int, method: str) -> str | None:
    if at == len(parts):
        return node.routes.get(method) or node.routes.get("*")
    part = parts[at]
    inner = [node.literals[part]] if part in node.literals else []
    inner += [
        child
        for (before, behind), child in sorted(node.parameters.items(), key=lambda item: -len("".join(item[0])))
        if part.startswith(before) and part.endswith(behind) and len(part) > len(before) + len(behind)
    ]
    for child in inner:
        found = _walk(child, parts, at + 1, method)
        if found is not None:
            return found
    return node.rest.get(method) or node.rest.get("*")


def load(path: Path) -> Templates:
    """The routes of an OpenAPI 3 or Swagger 2 file (JSON or YAML), or of a list with one route a line.

    Raises ConfigError when the file cannot be read or declares no route.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"The routes file {path} cannot be read: {error}"
        raise ConfigError(msg, hint="Name an OpenAPI file, or a text file with one `GET /path/{id}` a line.") from None
    document = _document(path, text)
    declared = list(_of_list(path, text) if document is None else _of_openapi(document))
    if not declared:
        msg = f"The routes file {path} declares no route."
        raise ConfigError(msg, hint="An OpenAPI file has `paths`; a list has one `GET /path/{id}` a line.")
    return Templates(declared)


def _document(path: Path, text: str) -> Mapping[str, Any] | None:
    try:
        if text.lstrip().startswith("{"):
            found = json.loads(text)
        elif path.suffix in {".yaml", ".yml"}:
            found = import_module("yaml").safe_load(text)
        else:
            return None
    except ImportError:
        msg = f"Reading {path} needs PyYAML."
        raise ConfigError(msg, hint="Install it, or save the file as JSON.") from None
    except (ValueError, RecursionError) as error:
        msg = f"The routes file {path} is not JSON: {error}"
        raise ConfigError(msg, hint="Mend the place that the message names.") from None
    except Exception as error:
        # PyYAML's own errors share no base with Python's, and it is imported here only.
        if type(error).__module__.partition(".")[0] != "yaml":
            raise
        msg = f"The routes file {path} is not YAML: {error}"
        raise ConfigError(msg, hint="Mend the place that the message names.") from None
    return found if isinstance(found, dict) else {}


def _of_list(path: Path, text: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.partition(" #")[0].strip()
        if not stripped or stripped.startswith("#"):
            continue
        found = _LINE.fullmatch(stripped)
        if found is None:
            msg = f"{path}, line {number} is no route: {stripped[:80]!r}."
            raise ConfigError(msg, hint="Write `GET /v1/agents/{id}`, or the path alone for any method.")
        yield found[1] or "*", _COLON.sub(lambda name: "{" + (name[1] or name[2]) + "}", found[2])


def _of_openapi(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    common = _bases(document.get("servers")) or [str(document.get("basePath") or "").rstrip("/")]
    for path, item in _table(document.get("paths")).items():
        own = _bases(_table(item).get("servers")) or common
        for method, operation in _table(item).items():
            if method.lower() in _METHODS:
                for base in _bases(_table(operation).get("servers")) or own:
                    yield method.upper(), base + path


def _bases(servers: object) -> list[str]:
    """The paths of server URLs, their variables at their defaults."""
    found = []
    for server in servers if isinstance(servers, list) else ():
        url = str(_table(server).get("url", ""))
        for name, variable in _table(_table(server).get("variables")).items():
            url = url.replace("{" + str(name) + "}", str(_table(variable).get("default", "")))
        found.append(urlsplit(url).path.rstrip("/"))
    return list(dict.fromkeys(found))


def _table(found: object) -> Mapping[str, Any]:
    return {str(name): value for name, value in found.items()} if isinstance(found, dict) else {}
