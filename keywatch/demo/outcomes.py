"""What the service answered: mostly yes, now and then no, as in any week."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.random import Generator

from keywatch.demo.requests import Numbers, Requests

ORDINARY: Final[dict[int, float]] = {
    400: 0.004,
    401: 0.0004,
    403: 0.002,
    404: 0.009,
    422: 0.004,
    429: 0.003,
    499: 0.001,
    500: 0.0008,
    502: 0.0004,
    503: 0.0003,
    504: 0.0002,
}
"""Share of each failure in a production key's requests."""

TRYING: Final[dict[int, float]] = {400: 0.04, 401: 0.004, 403: 0.008, 404: 0.035, 422: 0.03, 429: 0.003, 500: 0.006}
"""The same for a development key: people try things out."""

_SIZES: Final[dict[int, int]] = {
    400: 96, 401: 71, 403: 83, 404: 54, 422: 187, 429: 64, 499: 0, 500: 112, 502: 552, 503: 592, 504: 562,
}  # fmt: skip
"""Bytes of the body; the service's own errors are JSON, those from 502 on are nginx's pages."""

_SECONDS: Final[dict[int, float]] = {
    401: 0.003,
    403: 0.006,
    429: 0.002,
    499: 8.0,
    500: 0.3,
    502: 0.9,
    503: 0.01,
    504: 60.0,
}
"""Median duration where it is not that of the route."""


def failures(count: int, rates: dict[int, float], rng: Generator) -> Numbers:
    """A status for each of `count` requests: 0 where nothing fails."""
    statuses = np.array([0, *rates])
    shares = np.array([1 - sum(rates.values()), *rates.values()])
    return statuses[rng.choice(len(statuses), size=count, p=shares)].astype(np.int64)


def fail(requests: Requests, statuses: Numbers | int, rng: Generator) -> Requests:
    """The same requests with failures where `statuses` is not 0: status, body and duration follow."""
    failed = np.broadcast_to(np.asarray(statuses, dtype=np.int64), requests.at.shape)
    status, sent, seconds = requests.status.copy(), requests.sent.copy(), requests.seconds.copy()
    for code in np.unique(failed[failed > 0]).tolist():
        mask = failed == code
        status[mask], sent[mask] = code, _SIZES[code]
        if code in _SECONDS:
            seconds[mask] = (_SECONDS[code] * rng.lognormal(0, 0.15, int(mask.sum()))).round(3)
    return replace(requests, status=status, sent=sent, seconds=seconds)
