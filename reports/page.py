"""report.html: one file that needs nothing else, for the screen and for paper."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from model.plain import plain
from reports import chart, standing, summary, texts, words
from reports.controls import control_map
from reports.hygiene import cards
from reports.parts import Written
from reports.remarks import remarks
from reports.snapshot import Snapshot
from reports.standing import to_decide
from reports.thresholds import AGE_DAYS, DAY, GAP_HOURS, IDLE_DAYS

ROWS: Final = 2_000
"""Rows of a table on the page; the CSV files have all."""

_ALL: Final = tuple(chart.COLOURS)
_TROUBLE: Final = ("unauthenticated", "forbidden", "throttled", "server_error")


def page(snapshot: Snapshot, listed: Sequence[Written] = ()) -> Iterator[bytes]:
    """The page in UTF-8; `listed` are the files beside it. Data is text in it, never markup."""
    text = environment().get_template("report.html").render(_context(snapshot) | {"listed": listed})
    yield text.encode()


@cache
def environment() -> Environment:
    """The templates, with what they may call."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        finalize=texts.shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(day=texts.day, iso=texts.iso, span=texts.span, mail=_mail)
    made.globals["not_proven_words"] = words.NOT_PROVEN
    made.globals.update(counted=texts.counted, share=texts.share, meter=chart.meter)
    return made


def _mail(address: str) -> Markup:
    """An address that may break after its at sign, and nowhere else."""
    return escape(plain(address)).replace("@", Markup("@<wbr>"))


def _context(snapshot: Snapshot) -> dict[str, object]:
    items = standing.open_items(snapshot)
    return {
        "s": snapshot,
        "c": snapshot.cover,
        "rows": ROWS,
        "result": standing.result(snapshot),
        "remarks": remarks(snapshot),
        "tiles": summary.tiles(snapshot),
        "open_items": items[: standing.SHOWN],
        "open_count": len(items),
        "states": summary.states(snapshot.keys),
        "cards": cards(snapshot.keys),
        "changes": summary.changes(snapshot),
        "targets": summary.by_target(snapshot.deliveries),
        "unrouted": sum(delivery.target is None for delivery in snapshot.deliveries),
        "added": [one for one in snapshot.changes if one.what == "key added"],
        "changed": [one for one in snapshot.changes if one.what != "key added"],
        "kept_back": summary.kept_back(snapshot.deliveries),
        "response": summary.response(snapshot),
        "stage_words": words.STAGES.get(snapshot.cover.stage, snapshot.cover.stage),
        "to_decide": len(to_decide(snapshot.keys)),
        **_since_last(snapshot),
        "controls": control_map(snapshot.findings),
        "excused": summary.excused(snapshot),
        "unseen": [key for key in snapshot.keys if key.last_seen is None],
        "limits": words.LIMITS,
        "bases": words.BASES,
        "state_words": words.STATES,
        "unit": "day" if snapshot.bar_length >= DAY else "hour",
        "charts": _charts(snapshot),
        "idle_days": IDLE_DAYS,
        "age_days": AGE_DAYS,
        "gap_hours": GAP_HOURS,
    }


def _since_last(snapshot: Snapshot) -> dict[str, object]:
    keys = snapshot.since_last.keys if snapshot.since_last else ()
    fresh, gone = (sum(one.what == what for one in keys) for what in ("new", "gone"))
    return {"fresh": fresh, "gone": gone, "differing": len({one.key_id for one in keys}) - fresh - gone}


def _charts(snapshot: Snapshot) -> dict[str, Markup]:
    drawn = {}
    for name, outcomes, title in (("all", _ALL, "Requests by outcome"), ("trouble", _TROUBLE, "Refused and failed")):
        drawn[name] = chart.stacked(
            snapshot.bars,
            since=snapshot.cover.since,
            until=snapshot.cover.until,
            step=snapshot.bar_length,
            outcomes=outcomes,
            height=150 if name == "all" else 110,
            title=title,
        )
        drawn[f"{name}_legend"] = chart.legend(snapshot.bars, outcomes)
    return drawn
