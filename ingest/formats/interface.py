"""What a format is: it recognises a sample of lines, and plans the SQL that takes a line apart."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

RAW_COLUMNS: Final = (
    "ts",
    "ip",
    "forwarded",
    "method",
    "target",
    "request",
    "host",
    "status",
    "outcome",
    "bytes_out",
    "bytes_in",
    "duration_ms",
    "user_agent",
    "referer",
    "request_id",
    "country",
    "asn",
)
"""What a plan may give. `ts` is a TIMESTAMP in UTC; `ip` the peer's address, with or without a port; `forwarded` what
proxies wrote of the addresses before it (X-Forwarded-For or Forwarded, as logged); `target` is the path with its query,
and `request` a whole request line that gives method and target where they are missing; `duration_ms` a DOUBLE; the rest
is text. Missing ones are null. Credentials are no columns: see `Plan.credentials`."""

Carrier = Literal["field", "header", "query", "cookie", "path"]
Kind = Literal["secret", "id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPlace:
    """Where a credential may stand."""

    carrier: Carrier = "field"
    name: str
    """field: the log's own name, dots reach into nested objects; header, query, cookie: its name as in HTTP; path: a
    path with `{key}` where it stands (`/bot{key}/send`)."""
    kind: Kind = "secret"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the config says about a source's lines."""

    keys: tuple[KeyPlace, ...] = ()
    """Tried in order. Empty: well-known fields, then well-known query parameters."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Raw column to the log's own field name; wins over well-known names."""
    log_format: str | None = None
    """A pasted nginx `log_format` or Apache `LogFormat`."""
    pattern: str | None = None
    """The user's own regular expression with named groups; runs in RE2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """An expression that gives one possible credential of a line, or null."""

    expression: str
    """SQL over `text` and the names of `prepare`; with `of_target` over `target` alone, and `{found}`."""
    kind: Kind = "secret"
    of_target: bool = False
    by_chance: bool = False
    """Whether lines need not hold one for their keys to be known: a session's token in a cookie."""
    found: str = "NULL"
    """With `of_target`: SQL over `target` that `{found}` stands for, so that it is computed once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quick:
    """How one of DuckDB's own readers takes a whole block apart; lines of an unusual shape go through the plan's SQL.

    The reader must give one row for each line that is not blank, in order, and hold nothing of a line back.
    """

    reader: str
    """A table function over `{path}`."""
    prepare: tuple[str, ...] = ()
    """As in Plan, over the reader's columns."""
    columns: Mapping[str, str]
    """As in Plan."""
    credentials: tuple[Credential, ...]
    """As many as the plan's, in the same order."""
    usual: str
    """Condition over the reader's columns, true where the reader's pieces are what the plan would find."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaped:
    """What is read faster where leaves look as they do in the sample; other lines must give no time, or an error."""

    types: Mapping[str, str]
    """`r[1]` … to the DuckDB type that it is read as, instead of a text."""
    prepare: tuple[str, ...]
    """In the place of the plan's, without the step that makes `r`."""
    columns: Mapping[str, str]
    """The plan's expressions to what stands in their place, over values of those types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How lines become raw columns: SQL over `text`, one line, and what `prepare` made of it."""

    format: str
    prepare: tuple[str, ...]
    """Steps that take `text` apart, each a list of `expression AS name` over `text`, `n` (its number), `envelope` (the
    time that a wrapper wrote beside it, as text, or null) and the names before it."""
    columns: Mapping[str, str]
    """Raw column to expression over the same."""
    credentials: tuple[Credential, ...] = ()
    """In order; the first that a line holds is its key, the others are taken out of its texts all the same."""
    skips: tuple[tuple[str, str], ...] = ()
    """(condition, class): lines of another kind, such as `tcp` or `header`, that are no requests and no rejects."""
    unread: str
    """Condition over the same: the line is none of this format."""
    unread_reason: str
    """What a reject says then."""
    quick: Quick | None = None
    """A faster way for most lines."""
    leaves: tuple[str, ...] = ()
    """For JSON lines all of whose fields stand at the top: their names. `columns` and `credentials` are then over
    `r[1]`, `r[2]` …, the fields' texts, and nothing else of the line."""
    shaped: Shaped | None = None
    """Of a plan with leaves."""
    path_is_name: bool = False
    """Whether `target` is an operation's name, in which a long word is no token."""
    time_reason: str = "the time cannot be read"
    """What a reject says when only the time is missing."""

    @property
    def reads_keys(self) -> bool:
        """Whether a field of the lines (not only their URL or a cookie) can hold a credential."""
        return any(not (credential.of_target or credential.by_chance) for credential in self.credentials)


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format."""

    name: str
    title: str
    """What people call it."""
    confidence: Callable[[Sequence[str], Options], float]
    """Share of the sample's lines that it reads, 0 to 1."""
    plan: Callable[[Sequence[str], Options], Plan]
    """Raises FormatError when the options do not fit. The sample begins with the file's first lines; with `directive`
    the directives that hold for the block's first line, then those inside the block, stand before them."""
    directive: str | None = None
    """How lines begin that say what the following lines hold (`#Fields:`); a change within a file counts from there."""
