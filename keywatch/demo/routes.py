"""What is asked for: the routes of AlooChat's API and who uses which."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator

from keywatch.demo.requests import Strings, strings


@dataclass(frozen=True, slots=True)
class Route:
    """One route, and what a good answer to it looks like."""

    method: str
    template: str
    """`{id}` becomes a number, `{uuid}` a UUID, `{page}` a page's cursor."""
    status: int
    size: int
    """Median bytes of the answer's body."""
    seconds: float
    """Median duration."""


ROUTES: Final[dict[str, Route]] = {
    "account": Route("GET", "/v1/account", 200, 640, 0.012),
    "agents": Route("GET", "/v1/agents", 200, 5200, 0.034),
    "agent": Route("GET", "/v1/agents/{id}", 200, 1850, 0.018),
    "agent-edit": Route("PATCH", "/v1/agents/{id}", 200, 1880, 0.052),
    "call-start": Route("POST", "/v1/calls", 202, 310, 0.190),
    "calls": Route("GET", "/v1/calls?limit=50&cursor={page}", 200, 21000, 0.085),
    "call": Route("GET", "/v1/calls/{uuid}", 200, 1450, 0.022),
    "transcript": Route("GET", "/v1/calls/{uuid}/transcript", 200, 9300, 0.061),
    "conversation-start": Route("POST", "/v1/conversations", 201, 420, 0.071),
    "conversation": Route("GET", "/v1/conversations/{id}", 200, 2700, 0.025),
    "messages": Route("GET", "/v1/conversations/{id}/messages?after={page}", 200, 6400, 0.040),
    "message-send": Route("POST", "/v1/conversations/{id}/messages", 201, 540, 0.380),
    "contact": Route("GET", "/v1/contacts/{id}", 200, 980, 0.016),
    "contact-edit": Route("PUT", "/v1/contacts/{id}", 200, 1010, 0.044),
    "contacts": Route("GET", "/v1/contacts?limit=100&cursor={page}", 200, 32000, 0.110),
    "usage": Route("GET", "/v1/usage?group=day&page={page}", 200, 3900, 0.140),
    "documents": Route("GET", "/v1/knowledge/{id}/documents", 200, 7700, 0.048),
    "document-add": Route("POST", "/v1/knowledge/{id}/documents", 201, 450, 0.620),
    "webhook-drop": Route("DELETE", "/v1/webhooks/{id}", 204, 0, 0.028),
}

JOBS: Final[dict[str, dict[str, int]]] = {
    "voice": {"call-start": 30, "call": 44, "transcript": 12, "calls": 6, "agent": 7, "account": 1},
    "chat": {"message-send": 38, "messages": 34, "conversation": 14, "conversation-start": 9, "agent": 5},
    "crm": {"contact": 46, "contact-edit": 22, "contacts": 10, "conversation": 12, "call": 10},
    "reporting": {"usage": 34, "calls": 30, "transcript": 24, "contacts": 10, "account": 2},
    "admin": {"documents": 30, "document-add": 24, "agents": 14, "agent": 18, "agent-edit": 12, "webhook-drop": 2},
}
"""Job to the weights of its routes."""


def choose(job: str, count: int, rng: Generator) -> list[tuple[Route, np.ndarray]]:
    """Deal `count` requests of `job` out to its routes: each route with the positions of its requests."""
    names = list(JOBS[job])
    weights = np.array(list(JOBS[job].values()), dtype=float)
    drawn = rng.choice(len(names), size=count, p=weights / weights.sum())
    return [(ROUTES[name], np.flatnonzero(drawn == number)) for number, name in enumerate(names)]


def fill(template: str, count: int, rng: Generator) -> Strings:
    """`template` with `count` different values in its place."""
    for place, values in (("{id}", _numbers), ("{uuid}", _uuids), ("{page}", _pages)):
        before, found, after = template.partition(place)
        if found:
            return strings(before + value + after for value in values(count, rng))
    return strings([template] * count)


def _numbers(count: int, rng: Generator) -> list[str]:
    """Few are asked for often, most seldom; five or six digits."""
    return [str(10_007 + n * 37 % 900_000) for n in rng.zipf(1.3, count).clip(1, 1_000_000).tolist()]


def _uuids(count: int, rng: Generator) -> list[str]:
    digits = rng.bytes(16 * count).hex()
    cut = (digits[i : i + 32] for i in range(0, 32 * count, 32))
    return [f"{d[:8]}-{d[8:12]}-4{d[13:16]}-a{d[17:20]}-{d[20:]}" for d in cut]


def _pages(count: int, rng: Generator) -> list[str]:
    return [f"c{n:07x}" for n in rng.integers(0, 1 << 28, count).tolist()]
