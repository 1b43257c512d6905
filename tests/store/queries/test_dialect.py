"""The constructs of store.dialect mean the same on both engines."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from store.dialect import Bucket, Holds, Instant, LocalHour, LocalWeekday, Part, Quantile, Ratio
from store.events.reader import EventsReader
from store.events.tables import events


def answer(reader: EventsReader, construct: ColumnElement[Any]) -> Any:  # noqa: ANN401 -- as the database says
    return reader.connection.execute(sa.select(construct)).scalar_one()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_an_instant_keeps_its_microseconds(reader: EventsReader) -> None:
    last = sa.select(sa.func.count()).where(events.c.ts <= Instant(moment("2026-03-28T22:59:59.999999")))
    before = sa.select(sa.func.count()).where(events.c.ts <= Instant(moment("2026-03-28T22:59:59.999998")))

    assert (reader.connection.execute(last).scalar_one(), reader.connection.execute(before).scalar_one()) == (1, 0)


def test_an_instant_of_another_zone_is_the_same_moment(reader: EventsReader) -> None:
    elsewhere = datetime.fromisoformat("2026-03-29T02:00:00+02:00")

    assert answer(reader, sa.select(sa.func.count()).where(events.c.ts >= Instant(elsewhere)).scalar_subquery()) == 11


@pytest.mark.parametrize(
    ("width", "begin"),
    [
        (timedelta(minutes=5), "2026-03-29T01:05"),
        (timedelta(hours=6), "2026-03-29T00:00"),
        (timedelta(days=7), "2026-03-26T00:00"),
    ],
)
def test_a_bucket_begins_on_a_multiple_of_its_width(reader: EventsReader, width: timedelta, begin: str) -> None:
    found = answer(reader, Bucket(Instant(moment("2026-03-29T01:09:59.999999")), width))

    assert datetime.fromisoformat(begin) == found.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("at", "zone", "weekday", "hour"),
    [
        ("2026-10-25T00:30Z", "Europe/Berlin", 6, 2),
        ("2026-10-25T01:30Z", "Europe/Berlin", 6, 2),
        ("2026-03-29T00:59Z", "Europe/Berlin", 6, 1),
        ("2026-03-29T01:00Z", "Europe/Berlin", 6, 3),
        ("2026-03-29T18:30Z", "Asia/Kolkata", 0, 0),
        ("2026-03-30T03:00Z", "America/New_York", 6, 23),
    ],
)
def test_local_clocks_and_calendars_follow_daylight_saving(
    reader: EventsReader, at: str, zone: str, weekday: int, hour: int
) -> None:
    instant = Instant(datetime.fromisoformat(at))

    assert weekday == answer(reader, LocalWeekday(instant, zone))
    assert hour == answer(reader, LocalHour(instant, zone))


def test_parts_are_counted_from_the_beginning_of_the_span(reader: EventsReader) -> None:
    since, length = moment("2026-03-29T01:30"), timedelta(minutes=100)
    third = Part(Instant(since + timedelta(minutes=99, seconds=59)), since, length, 3)

    assert answer(reader, Part(Instant(since), since, length, 3)) == 0
    assert answer(reader, third) == 2


def test_a_ratio_is_a_float_and_null_over_zero(reader: EventsReader) -> None:
    failed = sa.func.sum(sa.case((events.c.outcome == "unauthenticated", 1), else_=0))

    assert pytest.approx(answer(reader, Ratio(failed, sa.func.count(events.c.ts)))) == 5 / 15
    assert answer(reader, Ratio(failed, sa.func.count(events.c.country))) is None


def test_a_quantile_of_nothing_is_null(empty_reader: EventsReader) -> None:
    assert answer(empty_reader, Quantile(events.c.duration_ms, 0.95)) is None


@pytest.mark.parametrize(
    ("text", "part", "holds"),
    [
        ("/v1/Agents/7", "agents", True),
        ("/v1/agents/7", "AGENTS/", True),
        ("GÉANT/1", "géant", True),
        ("/v1/agents", "%", False),
        ("/v1/agents", "v1_agents", False),
        ("a%b_c\\'", "%b_c\\'", True),
    ],
)
def test_a_text_holds_another_in_any_case_and_no_wildcard(
    reader: EventsReader, text: str, part: str, holds: object
) -> None:
    assert holds == bool(answer(reader, Holds(sa.literal(text), part)))
