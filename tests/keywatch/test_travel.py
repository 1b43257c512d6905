"""From a GeoIP file to the finding: a key that lives in one country is used from the other side of the world."""

from datetime import timedelta

import pytest
from commandline import GOOD, NOON, SOURCE, UNTIL, Cli, line

from tests.ingest.test_geo import write

pytest.importorskip("maxminddb")

HOME, NEXT_DOOR, FAR = "203.0.113.9", "198.51.100.7", "192.0.2.44"
PLACES = {
    "203.0.113.0/24": {"country": {"iso_code": "DE"}},
    "198.51.100.0/24": {"country": {"iso_code": "NL"}},
    "192.0.2.0/24": {"country": {"iso_code": "AU"}},
}


def travelled(cli: Cli, there: str, *, databases: str) -> list[dict[str, object]]:
    """What is told of a key that was at home for nine days, and half an hour later calls from `there`."""
    write(cli.root / "places.mmdb", PLACES)
    cli.configure(f"{SOURCE}\n[geo]\ndatabases = [{databases}]\n")
    days = [NOON - timedelta(days=n) + timedelta(minutes=minute) for n in range(9, -1, -1) for minute in range(10)]
    away = [NOON + timedelta(minutes=40 + n) for n in range(3)]
    cli.log([line(at, token=GOOD, ip=HOME) for at in days] + [line(at, token=GOOD, ip=there) for at in away])
    assert cli("ingest").code == 0
    assert cli("detect", "--since", "2026-10-01T12:00:00Z", "--until", UNTIL).code == 0
    found: list[dict[str, object]] = cli("findings", "--detector", "impossible-travel", "--json").json()
    return found


def test_a_key_that_is_in_two_distant_countries_within_an_hour_is_told_with_both(cli: Cli) -> None:
    (found,) = travelled(cli, FAR, databases='"places.mmdb"')

    (evidence,) = found["evidence"] if isinstance(found["evidence"], list) else ()
    assert (FAR, "high", 3) == (found["ip"], found["severity"], found["count"])
    assert ("DE", "AU", 0.52) == (evidence["home"], evidence["country"], evidence["hours"])
    assert evidence["kilometres"] > 10_000


@pytest.mark.parametrize(("there", "databases"), [(NEXT_DOOR, '"places.mmdb"'), (FAR, "")])
def test_a_neighbour_and_a_workspace_without_a_geoip_file_tell_nothing(cli: Cli, there: str, databases: str) -> None:
    assert [] == travelled(cli, there, databases=databases)
