"""What a format is: it recognises a sample of lines, and plans the SQL that takes a line apart."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

RAW_COLUMNS: Final = (
    "ts",
    "ip",
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
    "secret",
    "key_id",
    "request_id",
)
"""What a plan may give. `ts` is a TIMESTAMP in UTC; `target` is the path with its query, and
`request` a whole request line that gives method and target where they are missing; `secret` and `key_id` are the
credential, raw or as the provider's id; `duration_ms` a DOUBLE; the rest is text. Missing ones are null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyField:
    """Where the credential stands."""

    field: str
    """The field's name as the log spells it; dots reach into nested objects."""
    kind: Literal["secret", "id"] = "secret"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the config says about a source's lines."""

    key: KeyField | None = None
    """None: well-known fields are tried."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Raw column to the log's own field name; wins over well-known names."""
    log_format: str | None = None
    """A pasted nginx `log_format`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How lines become raw columns: SQL over `text`, one line, and what `prepare` made of it."""

    format: str
    prepare: tuple[str, ...]
    """Steps that take `text` apart, each a list of `expression AS name` over `text` and the names before it."""
    columns: Mapping[str, str]
    """Raw column to expression over `text` and the names of `prepare`."""
    unread: str
    """Condition over the same: the line is none of this format."""
    unread_reason: str
    """What a reject says then."""
    path_is_name: bool = False
    """Whether `target` is an operation's name, in which a long word is no token."""
    time_reason: str = "the time cannot be read"
    """What a reject says when only the time is missing."""
    reads_keys: bool
    """Whether any field of the lines can hold a credential."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format."""

    name: str
    title: str
    """What people call it."""
    confidence: Callable[[Sequence[str], Options], float]
    """Share of the sample's lines that it reads, 0 to 1."""
    plan: Callable[[Sequence[str], Options], Plan]
    """Raises FormatError when the options do not fit."""
    split: Callable[[bytes], bytes] | None = None
    """For documents that hold many records: the records, one JSON object a line. Raises ValueError when it is not
    whole."""
    is_document: Callable[[bytes], bool] = lambda _head: False
    """Whether a file that begins so must be split."""
