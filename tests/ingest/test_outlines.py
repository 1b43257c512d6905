from collections.abc import Iterator, Sequence

import duckdb
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.fingerprint import Pepper
from ingest.outlines import outlined
from ingest.paths import paths
from ingest.redact import redact
from ingest.routes import route_sql
from ingest.treatment import Treatment
from model.arrow import strings
from model.coded import encoded

HEX = "0123456789abcdef"
SEGMENTS = st.one_of(
    st.sampled_from(["", "1", "0", "v1", "agents", "1.5", "bearer x", "token=", "token:", "a@b", "ab", "ab12", "sk-"]),
    st.text("0123456789", min_size=1, max_size=30),
    st.text(HEX, min_size=1, max_size=40),
    st.text(HEX + "ABCDEF-_%", max_size=40),
    st.uuids().map(str),
    st.uuids().map(lambda one: str(one).upper()),
    st.text("ABCdef019", min_size=20, max_size=40).map("ac_live_{}".format),
)  # fmt: skip


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as connection:
        yield connection


def treated(
    duck: duckdb.DuckDBPyConnection, given: Sequence[str], prefixes: Sequence[str] = (), before: Sequence[str] = ()
) -> list[tuple[str, str]]:
    """Path and route of each, by a treatment that has seen those of `before`."""
    treatment = Treatment(source="s", pepper=Pepper(b"p" * 32), prefixes=tuple(prefixes))
    for block in (before, given):
        if block:
            found = paths(duck, encoded(pa.chunked_array([strings(block)])), None, treatment, path_is_name=False)
    texts, routes = found.path.texts(), found.route.texts()
    return [(texts[p], routes[r]) for p, r in zip(found.path.codes.tolist(), found.route.codes.tolist(), strict=True)]


@settings(max_examples=60, deadline=None)
@example(["/1//0fd4b629-ca06-45c2-a3f6-acdc2a731fc9"], ())
@example(["/5//0123456789abcdef0123456789", "/1//0123456789"], ())
@example(["/a/550e8400-e29b-41d4-a716-446655440000", "/a/5"], ("55",))
@example(["/123456789012345678901234567890"], ())
@given(
    st.lists(st.lists(SEGMENTS, max_size=5).map(lambda some: "/" + "/".join(some)), min_size=1, max_size=12),
    st.sampled_from([(), ("ac_live_",), ("ab",), ("dead-",), ("5/x",)]),
)
def test_each_path_is_redacted_and_has_the_route_that_it_has_alone(
    duck: duckdb.DuckDBPyConnection, given: list[str], prefixes: tuple[str, ...]
) -> None:
    shown = [redact(path, prefixes=prefixes)[:1000] for path in given]
    asked = ", ".join(f"({n}, ${n + 1})" for n in range(len(shown)))
    routes = duck.execute(f"SELECT {route_sql('p')} FROM (VALUES {asked}) t(n, p) ORDER BY n", shown).fetchall()

    found = treated(duck, given, prefixes, before=[*given, *(f"{path}/7" for path in given)])

    assert list(zip(shown, (route for (route,) in routes), strict=True)) == found


def test_paths_that_differ_in_identifiers_have_one_outline() -> None:
    given = [f"/v1/calls/{n:08x}-ca06-45c2-a3f6-acdc2a731fc9/parts/{n}" for n in range(500)]

    found = outlined(strings(given), ())

    assert ["/v1/calls/1/parts/1"] == found.texts()
    assert 500 == len(found)


@pytest.mark.parametrize("prefix", ["ab", "dead-", "5/x"])
def test_with_a_prefix_that_an_identifier_may_hold_each_path_is_its_own_outline(prefix: str) -> None:
    given = ["/v1/calls/1", "/v1/calls/2"]

    assert given == outlined(strings(given), [prefix]).texts()


def test_a_path_of_more_than_a_thousand_characters_is_cut_behind_what_is_redacted(
    duck: duckdb.DuckDBPyConnection,
) -> None:
    secret = "ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F"
    filler = "/abc" * 248

    ((path, _),) = treated(duck, [f"{filler}/{secret}/tail"])

    assert f"{filler}/[redacted]/tail"[:1000] == path
