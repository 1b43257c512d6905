"""Values as the files write them: times in ISO 8601 UTC, numbers in groups of three, nothing for what is not known."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from model.plain import plain

_CUT = 400


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC, to the second: `2026-10-01T00:00:00Z`."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.isoformat(timespec="seconds")[:19] + "Z"


def clock(moment: datetime) -> str:
    """For people: `2026-10-01 00:00`; the page says once that times are UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def day(moment: datetime) -> str:
    """The day alone: `2026-10-01`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def grouped(number: float) -> str:
    """`1,234,567`, or `0.5`."""
    return f"{number:,}" if isinstance(number, int) else f"{Decimal(str(round(number, 2))).normalize():,f}"


def share(part: int, whole: int) -> str:
    """A share in per cent: `12.3 %`; `<0.1 %` for less, a dash of nothing."""
    if not whole:
        return "-"
    if 0 < part / whole < 0.001:  # noqa: PLR2004 (what rounds to nothing)
        return "<0.1 %"
    return f"{100 * part / whole:.1f} %"


def change(now: int, before: int) -> str:
    """How a number changed: `+12 %`, `-3 %`, `about the same`, `no change`, `new` when there was nothing before."""
    if now == before:
        return "no change"
    if not before:
        return "new"
    percent = round(100 * (now - before) / before)
    return f"{percent:+d} %" if percent else "about the same"


def span(length: timedelta) -> str:
    """A length of time: `7 days`, `1 day 3 h`, `5 h`."""
    hours = round(length.total_seconds() / 3600)
    days, rest = divmod(hours, 24)
    parts = [f"{days} day{'' if days == 1 else 's'}"] if days else []
    return " ".join(parts + ([f"{rest} h"] if rest or not days else []))


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 key`, `2 keys`, `3 inventories` with `many`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def shown(value: object) -> object:
    """What a template prints of a value; text loses what a reader's screen would act on, markup passes."""
    if value is None:
        return ""
    if hasattr(value, "__html__"):
        return value
    if isinstance(value, datetime):
        return clock(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return grouped(value)
    return plain(str(value), _CUT * 4)
