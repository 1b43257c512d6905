"""What repeats in a block, looked at once: addresses, user agents, methods and hosts; of each, what is stored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import duckdb

from ingest.addresses import Address, clients, shown
from ingest.cleaned import cleaned_texts
from ingest.clients import clients as clients_of
from ingest.geo import NOWHERE, Place
from ingest.redact import issued
from ingest.remembered import Remembered
from ingest.rows import BETWEEN
from ingest.treatment import Treatment
from model.coded import Coded

_LONGEST_AGENT: Final = 400
_LONGEST_METHOD: Final = 20
_LONGEST_HOST: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """Who sent the requests."""

    ip: Coded
    network: Coded
    country: Coded | None
    asn: Coded | None
    """The last two by a GeoIP file; None without one."""


def addresses(column: Coded, treatment: Treatment) -> Clients:
    """What is stored of the texts that `rows_sql` gives for an address."""
    work = partial(_resolved, treatment=treatment)
    # GeoIP files may change, so with them nothing is remembered.
    memory = Remembered[tuple[Address, Place]]() if treatment.geo is not None else treatment.memory.addresses
    found = memory.of(column.texts(), work)
    placed = treatment.geo is not None
    return Clients(
        ip=column.mapped([stored.ip for stored, _ in found]),
        network=column.mapped([stored.network for stored, _ in found]),
        country=column.mapped([place.country for _, place in found]) if placed else None,
        asn=column.mapped([place.asn for _, place in found]) if placed else None,
    )


def agents(duck: duckdb.DuckDBPyConnection, column: Coded, treatment: Treatment) -> tuple[Coded, Coded]:
    """The user agents, redacted and at most 400 characters long, and the clients."""

    def work(raw: Sequence[str]) -> list[tuple[str, str | None]]:
        found = [text[:_LONGEST_AGENT] for text in cleaned_texts(duck, raw, treatment.prefixes)]
        return list(zip(found, clients_of(found), strict=True))

    found = treatment.memory.agents.of(column.texts(), work)
    return column.mapped([agent for agent, _ in found]), column.mapped([client for _, client in found])


def methods(duck: duckdb.DuckDBPyConnection, column: Coded, treatment: Treatment) -> Coded:
    """The methods, redacted and at most 20 characters long."""
    return _words(duck, column, treatment, treatment.memory.methods, lambda text: text[:_LONGEST_METHOD])


def hosts(duck: duckdb.DuckDBPyConnection, column: Coded, treatment: Treatment) -> Coded:
    """The hosts, redacted, at most 255 characters long and in small letters."""
    return _words(duck, column, treatment, treatment.memory.hosts, lambda text: text[:_LONGEST_HOST].lower())


def _words(
    duck: duckdb.DuckDBPyConnection,
    column: Coded,
    treatment: Treatment,
    memory: Remembered[str],
    shape: Callable[[str], str],
) -> Coded:
    work = lambda raw: [shape(text) for text in cleaned_texts(duck, raw, treatment.prefixes)]  # noqa: E731
    return column.mapped(memory.of(column.texts(), work))


def _resolved(raw: Sequence[str], treatment: Treatment) -> list[tuple[Address, Place]]:
    """What is stored of each, and where it is."""
    pairs = [text.split(BETWEEN, 1) if BETWEEN in text else [text, ""] for text in raw]
    found = clients([(peer or None, chain or None) for peer, chain in pairs], treatment.proxies)
    if treatment.prefixes:
        found = [None if ip is not None and issued(ip, treatment.prefixes) else ip for ip in found]
    places = treatment.geo.places(found) if treatment.geo is not None else [NOWHERE] * len(found)
    return list(zip(shown(found, treatment.addresses, treatment.pepper), places, strict=True))
