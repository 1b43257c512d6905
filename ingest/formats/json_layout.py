"""What one JSON format is: a table of where its lines keep what an event is made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from ingest.formats.interface import Credential
from ingest.formats.sql import any_moment

Read = Callable[[str], str]
"""The expression of a field's text, null where a line has it not; lists of texts give their first."""


def _none(_read: Read) -> dict[str, str]:
    return {}


def _no_skips(_read: Read) -> tuple[tuple[str, str], ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One JSON format. Fields are named by their leaf, with dots between the names."""

    name: str
    title: str
    marks: tuple[frozenset[str], ...] = ()
    """A line that has all the fields of one of these is of this format."""
    words: tuple[str, ...] = ()
    """Texts that only lines of this format hold, for lines that have too few fields."""
    kin: frozenset[str] = frozenset()
    """Fields that all other lines of the same logger have; they count once a line with marks was seen."""
    fields: Mapping[str, tuple[str, ...]]
    """Raw column to fields, the first that a line has counts."""
    durations: Mapping[str, float] = field(default_factory=dict)
    """Duration fields to milliseconds a unit."""
    query: tuple[str, ...] = ()
    """Fields that hold the query where the target is the path alone."""
    keys: tuple[tuple[str, Literal["secret", "id"]], ...] = ()
    """Fields that hold a credential, in order."""
    credentials: Callable[[Read], tuple[Credential, ...]] | None = None
    """Instead of `keys`, where a value tells what kind it is."""
    headers: str | None = None
    """Where request headers stand: `request.headers.{}`."""
    header: Callable[[Read, str], str] | None = None
    """The expression of a request header's text by its name, where headers are no fields but a list of pairs."""
    spelled: Callable[[str], str] = str.lower
    """How a header's name is written there."""
    cookies: str | None = None
    """Where single cookies stand: `Cookies.{}`."""
    lists: tuple[str, ...] = ()
    """How the names of fields begin that are always lists of texts."""
    moment: Callable[[str], str] = any_moment
    """The TIMESTAMP of the time's text."""
    columns: Callable[[Read], Mapping[str, str]] = _none
    """Raw columns that take more than reading a field."""
    skips: Callable[[Read], tuple[tuple[str, str], ...]] = _no_skips
    only_requests: bool = True
    """Whether a line without method, target, status, address and key is a remark of the logger and no request."""
    known: bool = True
    """Whether the fields are this format's own, so that they are read even when the sample lacks them."""
    prefixed: bool = False
    """Whether words may stand before the object."""
    path_is_name: bool = False


def canonical(header: str) -> str:
    """A header's name as Go writes it: `X-Api-Key`."""
    return "-".join(part.capitalize() for part in header.split("-"))


def fields(*names: str) -> frozenset[str]:
    """The names as a set; each argument may hold several, with spaces between."""
    return frozenset(name for group in names for name in group.split())


NO_CREDENTIAL: Final[Sequence[str]] = ("REDACTED", "[redacted]", "***")
"""What loggers write instead of a credential."""
