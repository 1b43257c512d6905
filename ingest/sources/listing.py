"""Which objects there are: a pattern is followed folder by folder, so that only what can match is listed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from ingest.sources.content import digest
from ingest.sources.ordered import Listings, Standing

_MAGIC: Final = re.compile(r"[*?\[]")
_VERSIONS: Final = ("ETag", "etag", "md5Hash", "content_md5", "generation", "version_id")
_TIMES: Final = ("LastModified", "last_modified", "updated", "mtime", "modified", "created")
_LONG: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One object of a listing."""

    url: str
    path: str
    """The same as its file system calls it."""
    size: int
    """0 where the server does not tell."""
    version: str
    """Changes when its content does."""
    modified: float
    """Seconds since 1970; 0 where the server does not tell."""

    @property
    def signature(self) -> str:
        """As a cursor keeps it."""
        return f"0:{self.size}:{self.version}"


def matching(fs: Any, pattern: str, listings: Listings | None = None) -> list[Found]:  # noqa: ANN401 (no types)
    """The objects that a pattern (in the file system's own words, without its protocol) names, oldest first.

    A folder that is named stands for all that lies below it. Empty objects are left out. With `listings`, of a large
    folder that was listed before it may be those that came since.
    """
    listings = listings or begun(0.0)
    parts = pattern.split("/")
    if not parts[-1]:
        parts[-1] = "**"
    found: dict[str, Mapping[str, Any]] = {}
    for one in _follow(fs, "", parts, listings):
        inside = _all_below(fs, one["name"], listings) if one["type"] == "directory" else [one]
        found |= {one["name"]: one for one in inside}
    # A listing of links tells names only.
    told = (one if "size" in one else fs.info(one["name"]) for one in found.values())
    made = [_found(fs, one) for one in told if one.get("size") != 0]
    return sorted(made, key=lambda one: (one.modified, one.url))


def folders(fs: Any, pattern: str) -> list[str]:  # noqa: ANN401 (fsspec has no types)
    """The paths, of folders too, that a pattern names."""
    return [str(one["name"]) for one in _follow(fs, "", pattern.split("/"), begun(0.0))]


def fixed(pattern: str) -> str:
    """The part of a pattern that stands for itself."""
    parts = pattern.split("/")
    return "/".join(parts[: next((at for at, part in enumerate(parts) if _MAGIC.search(part)), len(parts))])


def begun(now: float, known: Mapping[str, Standing] | None = None) -> Listings:
    """The listings of a look at `now`, of which nothing was listed yet."""
    return Listings(now=now, known=known or {}, modified=_modified)


def _follow(fs: Any, base: str, parts: list[str], listings: Listings) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401
    literal = 0
    while literal < len(parts) and not _MAGIC.search(parts[literal]):
        literal += 1
    base = "/".join([*([base] if base else []), *parts[:literal]])
    rest = parts[literal:]
    if not rest:
        yield from _named(fs, base)
    elif rest[0] == "**":
        yield from _below(fs, base, "/".join(rest), listings)
    else:
        accepts = re.compile(component(rest[0]))
        listed = partial(_listed, fs, base)
        for one in listings.of(fs, base, listed, deep=False) if len(rest) == 1 else listed():
            name = str(one["name"]).rstrip("/")
            if not accepts.fullmatch(name.rpartition("/")[2]):
                continue
            if len(rest) == 1:
                yield one
            elif one["type"] == "directory":
                yield from _follow(fs, name, rest[1:], listings)


def _named(fs: Any, path: str) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401
    try:
        one = fs.info(path)
    except FileNotFoundError:
        return
    yield one


def _listed(fs: Any, path: str) -> list[Mapping[str, Any]]:  # noqa: ANN401
    try:
        found: list[Mapping[str, Any]] = fs.ls(path, detail=True)
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [one for one in found if str(one["name"]).strip("/") != path.strip("/")]


def _below(fs: Any, base: str, rest: str, listings: Listings) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401
    accepts = re.compile(_deep(rest))
    for one in _all_below(fs, base, listings):
        if accepts.fullmatch(str(one["name"]).strip("/").removeprefix(base.strip("/")).strip("/")):
            yield one


def _all_below(fs: Any, base: str, listings: Listings) -> list[Mapping[str, Any]]:  # noqa: ANN401
    return listings.of(fs, base, lambda: list(fs.find(base, detail=True).values()), deep=True)


def _deep(pattern: str) -> str:
    """A pattern with `**` as a regular expression."""
    *outer, last = pattern.split("/")
    made = ["(?:.*/)?" if part == "**" else component(part) + "/" for part in outer]
    return "".join(made) + (".*" if last == "**" else component(last))


def component(glob: str) -> str:
    """One part of a path as a regular expression: `*`, `?`, `[a-z]` and `[!a-z]`."""
    made = []
    for piece in re.findall(r"\[!?[^\]]+\]|.", glob, re.DOTALL):
        if piece in {"*", "?"}:
            made.append("[^/]*" if piece == "*" else "[^/]")
        elif len(piece) > 1:
            inner = piece[1:-1].replace("\\", "\\\\")
            made.append(f"[^{inner[1:]}]" if inner.startswith("!") else f"[{inner}]")
        else:
            made.append(re.escape(piece))
    return "".join(made)


def _found(fs: Any, one: Mapping[str, Any]) -> Found:  # noqa: ANN401
    modified = _modified(one)
    marks = [str(one[name]) for name in _VERSIONS if one.get(name)]
    version = marks[0] if marks else str(modified) if modified else ""
    path = str(one["name"])
    return Found(
        url=str(fs.unstrip_protocol(path)),
        path=path,
        size=int(one.get("size") or 0),
        version=version if len(version) < _LONG else digest(version.encode()),
        modified=modified,
    )


def _modified(one: Mapping[str, Any]) -> float:
    return next((_seconds(one[name]) for name in _TIMES if one.get(name) is not None), 0.0)


def _seconds(value: object) -> float:
    match value:
        case datetime():
            return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
        case int() | float():
            return float(value)
        case _:
            try:
                return _seconds(datetime.fromisoformat(str(value)))
            except ValueError:
                return 0.0
