"""What is wrong with a source, what that means, and what to do: sentences for the page of sources."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dashboard import words, zones

MANY_REJECTS: Final = 0.01
"""From this share of the lines on rejects are more than the odd line that a log always has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One thing about one source."""

    state: str
    """A word of `dashboard.palette.SOURCES`."""
    what: str
    means: str
    do: str


def state(source: Mapping[str, Any]) -> str:
    """The gravest word for a row of `store.state.sources.source_frame`."""
    if words.stated(source["last_error"]):
        return "failing"
    if source["late"]:
        return "late" if words.moment(source["last_event_at"]) is not None else "empty"
    if _share(source) >= MANY_REJECTS:
        return "rejecting"
    return "losing" if source["bytes_lost"] else "fine"


def advice(source: Mapping[str, Any], now: datetime) -> Iterator[Advice]:
    """Everything that somebody should see to, the gravest first; nothing for a source that is well."""
    last = words.ago(source["last_event_at"], now, missing="never")
    if error := words.stated(source["last_error"]):
        yield Advice(
            state="failing",
            what=f"It could not be read the last time: {error}",
            means="Nothing new comes in. What is not read now is read later, if it is still there then.",
            do="Run `keywatch doctor`; it tries every source and says what helps.",
        )
    if source["late"] and words.moment(source["last_event_at"]) is not None:
        yield Advice(
            state="late",
            what=f"Its last event is of {zones.chosen().told(source['last_event_at'])}, {last}.",
            means="A late source looks like a quiet day: bursts are not seen, and silence is not judged.",
            do="See whether the log still grows, whether it was moved, and whether `keywatch run` runs."
            " A log that is read once, from an archive, stays late; that is no fault.",
        )
    elif source["late"]:
        yield Advice(
            state="empty",
            what="No event ever came of it.",
            means="Its path matches nothing yet, or every line was rejected.",
            do="Try one file: `keywatch formats test FILE`.",
        )
    share = _share(source)
    if source["rejects"]:
        yield Advice(
            state="rejecting" if share >= MANY_REJECTS else "odd",
            what=f"{words.count(source['rejects'])} of {words.count(source['lines'])} lines"
            f" ({words.share(source['rejects'], source['lines'])}) could not be read as requests.",
            means="They are in no figure and no detector sees them. Samples are below, redacted."
            if share >= MANY_REJECTS
            else "A few are usual: lines cut off, or what a scanner wrote instead of a request. Samples are below.",
            do="Compare a sample with the source's format (`keywatch formats detect FILE`); set format or log_format."
            if share >= MANY_REJECTS
            else "Nothing, unless they become more.",
        )
    if source["bytes_lost"]:
        when = zones.chosen().told(source["lost_at"], "a moment that was not kept")
        yield Advice(
            state="losing",
            what=f"{words.count(source['bytes_lost'])} bytes were gone before they were read, the last at {when}.",
            means="The log was rotated or cut while nobody read it; those requests are in no figure.",
            do="Keep one rotated file more (with delaycompress), or run keywatch more often than the log rotates.",
        )


def _share(source: Mapping[str, Any]) -> float:
    return float(source["rejects"]) / float(source["lines"]) if source["lines"] else 0.0
