"""The columns of the frames that detectors read from events: the contract between the queries and the detectors."""

from typing import Final

import pandas as pd

from model.event import Outcome
from store.queries.shape import COUNT, MOMENT, TEXT, empty

SEEN: Final = {"first_seen": MOMENT, "last_seen": MOMENT}
"""Times of the first and the last request of a row."""

_AUTH: Final = (Outcome.OK, Outcome.UNAUTHENTICATED, Outcome.FORBIDDEN)
_EVERY: Final = (*_AUTH, Outcome.THROTTLED, Outcome.CLIENT_ERROR, Outcome.SERVER_ERROR)


def _counted(*outcomes: Outcome) -> dict[str, str]:
    return dict.fromkeys(("requests", *(outcome.value for outcome in outcomes)), COUNT)


_RUNS: Final = {
    "hour": MOMENT,
    **dict.fromkeys(("key_ref", "ip", "route"), TEXT),
    **_counted(Outcome.OK, Outcome.FORBIDDEN, Outcome.CLIENT_ERROR),
    **dict.fromkeys(("addresses", "numbers", "slow", "lowest", "highest"), COUNT),
    **SEEN,
}

EMPTY: Final[dict[str, dict[str, str]]] = {
    "auth_minutes": {
        "minute": MOMENT,
        "key_ref": TEXT,
        "ip": TEXT,
        "network": TEXT,
        **_counted(*_AUTH, Outcome.THROTTLED),
        "refs": COUNT,
        **SEEN,
    },
    "worked": {"key_ref": TEXT, "network": TEXT, "at": MOMENT},
    "attacked_days": {"day": MOMENT, "key_ref": TEXT, "network": TEXT, **_counted(Outcome.OK), **SEEN},
    "key_hours": {"hour": MOMENT, "key_ref": TEXT, **_counted(*_EVERY), "bytes_out": COUNT},
    "origin_hours": {
        "hour": MOMENT,
        "key_ref": TEXT,
        "ip": TEXT,
        "network": TEXT,
        "asn": TEXT,
        "country": TEXT,
        "client": TEXT,
        **_counted(*_AUTH),
        **SEEN,
    },
    "network_days": {"day": MOMENT, "key_ref": TEXT, "network": TEXT, **_counted(Outcome.OK), **SEEN},
    "client_days": {"day": MOMENT, "key_ref": TEXT, "client": TEXT, **_counted(Outcome.OK), **SEEN},
    "auth_hours": {
        "hour": MOMENT,
        **dict.fromkeys(("key_ref", "ip", "network", "asn", "client"), TEXT),
        **_counted(*_AUTH),
        **SEEN,
    },
    "platform_minutes": {
        "minute": MOMENT,
        **dict.fromkeys(("active", "failing", "erring"), COUNT),
        **_counted(Outcome.UNAUTHENTICATED, Outcome.FORBIDDEN, Outcome.SERVER_ERROR),
    },
    "refused_minutes": {
        "minute": MOMENT,
        "key_ref": TEXT,
        "method": TEXT,
        "route": TEXT,
        "outcome": TEXT,
        "requests": COUNT,
    },
    "asn_days": {"day": MOMENT, "key_ref": TEXT, "asn": TEXT, **_counted(Outcome.OK), **SEEN},
    "country_days": {"day": MOMENT, "key_ref": TEXT, "country": TEXT, **_counted(Outcome.OK), **SEEN},
    "route_days": {
        "day": MOMENT,
        "key_ref": TEXT,
        "route": TEXT,
        **_counted(*_AUTH, Outcome.CLIENT_ERROR),
        **SEEN,
        "first_ok": MOMENT,
    },
    "breadth": {
        "minute": MOMENT,
        "key_ref": TEXT,
        "ip": TEXT,
        "network": TEXT,
        **_counted(*_AUTH, Outcome.CLIENT_ERROR),
        "refused_routes": COUNT,
        "forbidden_routes": COUNT,
        "missing_routes": COUNT,
        **SEEN,
    },
    "walks": {
        "minute": MOMENT,
        "key_ref": TEXT,
        "ip": TEXT,
        "network": TEXT,
        "route": TEXT,
        **_counted(Outcome.OK, Outcome.FORBIDDEN, Outcome.CLIENT_ERROR),
        "addresses": COUNT,
        "paths": COUNT,
        "numbers": COUNT,
        "lowest": COUNT,
        "highest": COUNT,
        "rising": COUNT,
        **SEEN,
    },
    "walk_hours": _RUNS,
    "walked_hours": _RUNS,
    "list_hours": {
        "hour": MOMENT,
        **dict.fromkeys(("key_ref", "ip", "route"), TEXT),
        **dict.fromkeys(("ok", "slow", "addresses"), COUNT),
        **SEEN,
    },
    "probed_hours": {"hour": MOMENT, **dict.fromkeys(("ip", "route"), TEXT), "requests": COUNT, **SEEN},
    "host_hours": {"hour": MOMENT, "key_ref": TEXT, "host": TEXT, **_counted(Outcome.OK, Outcome.FORBIDDEN), **SEEN},
    "host_days": {"day": MOMENT, "key_ref": TEXT, "host": TEXT, **_counted(Outcome.OK), **SEEN},
    "key_days": {"day": MOMENT, "key_ref": TEXT, **_counted(Outcome.OK), **SEEN},
    "rested_networks": {"day": MOMENT, "key_ref": TEXT, "network": TEXT, **_counted(Outcome.OK), **SEEN},
    "flagged_hours": {
        "hour": MOMENT,
        "key_ref": TEXT,
        "source": TEXT,
        "ip": TEXT,
        "route": TEXT,
        "flag": TEXT,
        **_counted(Outcome.OK),
        **SEEN,
    },
    "carrier_hours": {"hour": MOMENT, "source": TEXT, "keys": COUNT, "in_url": COUNT},
    "scanner_hours": {
        "hour": MOMENT,
        "key_ref": TEXT,
        "ip": TEXT,
        "network": TEXT,
        "tool": TEXT,
        **_counted(*_AUTH),
        **SEEN,
    },
}
"""Frame to its columns and their dtypes; `empty_frame` makes a frame without rows of them."""


def empty_frame(name: str) -> pd.DataFrame:
    """The frame `name` without rows."""
    return empty(EMPTY[name])
