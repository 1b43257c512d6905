"""The heat map of the week: when a key is used."""

from typing import Final

import numpy as np
import pandas as pd

from dashboard.charts.frame import PADDING, Spec, draw, titled
from dashboard.palette import ACCENT
from dashboard.words import count
from dashboard.zones import Zone

WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HOURS: Final = 24
_TITLE: Final = "Requests by hour and weekday"


def week(heat: pd.DataFrame, zone: Zone, *, height: int = 280) -> None:
    """Requests by hour and weekday on the clocks of `zone`; `heat` is [weekday, hour, requests]."""
    requests = np.zeros((len(WEEKDAYS), _HOURS), dtype=np.int64)
    requests[heat["weekday"], heat["hour"]] = heat["requests"]
    full = pd.DataFrame(
        {
            "hour": [*range(_HOURS)] * len(WEEKDAYS),
            "requests": requests.ravel(),
            "day": [day for day in WEEKDAYS for _ in range(_HOURS)],
            "time": [f"{hour:02d}:00 to {hour:02d}:59" for hour in range(_HOURS)] * len(WEEKDAYS),
        }
    )
    busiest = full.iloc[int(full["requests"].to_numpy().argmax())]
    draw(
        _spec(zone, height),
        full,
        name="week",
        title=_TITLE,
        alternative=f"Requests by hour of day and weekday, {zone.name}. Busiest: {busiest['day']}"
        f" {busiest['time']} with {count(busiest['requests'])} requests.",
        table=lambda: _table(full),
    )


def _table(full: pd.DataFrame) -> pd.DataFrame:
    """One row a day, one column an hour."""
    wide = full.pivot_table(index="day", columns="hour", values="requests", sort=False).astype(int)
    return wide.rename(columns="{:02d}h".format).reset_index()


def _spec(zone: Zone, height: int) -> Spec:
    return {
        "title": titled(_TITLE, f"by the clocks of {zone.name}"),
        "height": height,
        "padding": PADDING,
        "mark": {"type": "rect", "color": ACCENT, "cornerRadius": 2, "stroke": None},
        "encoding": {
            "x": {
                "field": "hour",
                "type": "ordinal",
                "title": None,
                "axis": {"labelAngle": 0, "values": list(range(0, _HOURS, 3)), "ticks": False},
            },
            "y": {"field": "day", "type": "ordinal", "title": None, "sort": WEEKDAYS, "axis": {"ticks": False}},
            # Strength of one colour, not a ramp of colours: it reads the same on a light and on a dark page.
            "opacity": {
                "field": "requests",
                "type": "quantitative",
                "legend": None,
                "scale": {"type": "sqrt", "range": [0.06, 1]},
            },
            "tooltip": [
                {"field": "day", "type": "nominal", "title": "Weekday"},
                {"field": "time", "type": "nominal", "title": "Hour"},
                {"field": "requests", "type": "quantitative", "title": "Requests", "format": ","},
            ],
        },
        "config": {
            "scale": {"bandPaddingInner": 0.08},
            "axis": {"domain": False, "grid": False},
            "view": {"strokeWidth": 0},
        },
    }
