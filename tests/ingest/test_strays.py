"""Keys in requests that carry none where one belongs: in the path, under an unknown parameter, in the referer."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from ingest import lines
from ingest.fingerprint import Pepper
from ingest.formats.interface import KeyPlace, Options
from ingest.formats.registry import named
from ingest.framing.choose import records_of
from ingest.parse import Parser
from ingest.treatment import Treatment

SECRET = "kw_live_Hq3vTz8LmWc2Rb7NxYk4Pd9FaQwErT5y"
OWN = "acme~Hq3vTz8LmWc2Rb7NxYk4"
UUID = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
LINE = {"time_iso8601": "2026-10-01T12:00:00Z", "remote_addr": "198.51.100.7", "request_method": "GET", "status": 200}
HEADER = KeyPlace(name="http_x_api_token")

Events = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def events(pepper: Pepper) -> Iterator[Events]:
    """The events of lines of JSON whose keys stand in a header, in a workspace that issues `acme~…`."""
    with Treatment(source="test", pepper=pepper, prefixes=("acme~",)) as treatment:
        parser = Parser(treatment)

        def run(*records: dict[str, object], format: str = "nginx-json") -> list[dict[str, Any]]:  # noqa: A002
            held = records_of("".join(json.dumps(LINE | record) + "\n" for record in records).encode())
            plan = named(format).plan(lines.sample(held.data), Options(keys=(HEADER,)))
            parser.parse(held, plan, now=datetime(2026, 11, 24, tzinfo=UTC))
            return parser.rows()

        yield run
        parser.close()


def line(target: str = "/v1", referer: str = "-", token: str = "", status: int = 200) -> dict[str, object]:
    return {"request_uri": target, "http_referer": referer, "http_x_api_token": token, "status": status}


def seen(event: dict[str, Any]) -> tuple[Any, ...]:
    return event["key_ref"], event["flags"]


@pytest.mark.parametrize(
    "target",
    [
        f"/v1/hooks/inbound/{SECRET}/events",
        f"/v1/hooks/{SECRET}",
        f"/v1/hooks/{SECRET}.json?x=1",
        f"/v1?k={SECRET}",
        f"/v1?a=1&next=https%3A%2F%2Fapp%2F%3Fk%3D{SECRET}",
        f"https://api.example/v1/{SECRET}",
    ],
)
@pytest.mark.parametrize("status", [200, 401, 404])
def test_a_key_in_the_url_is_the_credential(events: Events, pepper: Pepper, target: str, status: int) -> None:
    (_, event) = events(line(token="another-secret-of-a-header"), line(target, status=status))

    assert (pepper.key_ref(SECRET), "key_in_url") == seen(event)
    assert "kw_live_…rT5y" == event["key_hint"]
    assert SECRET[8:] not in str(event)


@pytest.mark.parametrize("escaped", ["kw%5Flive%5F" + SECRET[8:], "".join(f"%{ord(c):02x}" for c in SECRET)])
def test_one_that_is_percent_escaped_is_the_key_itself(events: Events, pepper: Pepper, escaped: str) -> None:
    (event,) = events(line(f"/v1/hooks/{escaped}/events"))

    assert (pepper.key_ref(SECRET), "key_in_url") == seen(event)
    assert "/v1/hooks/[redacted]/events" == event["path"]


def test_what_is_escaped_behind_the_beginning_is_the_key_s_too(events: Events, pepper: Pepper) -> None:
    secret = "kw_live_Hq3vTz8LmWc2/Rb7NxYk4+Pd9Fa"

    (event,) = events(line(f"/v1/hooks/{quote(secret, safe='')}/events"))

    assert (pepper.key_ref(secret), "key_in_url") == seen(event)
    assert "/v1/hooks/[redacted]/events" == event["path"]


def test_the_company_s_own_prefixes_are_known(events: Events, pepper: Pepper) -> None:
    assert [(pepper.key_ref(OWN), "key_in_url")] == [seen(event) for event in events(line(f"/v1/{OWN}/x"))]


@pytest.mark.parametrize("status", [200, 401])
@pytest.mark.parametrize(
    "query", [f"theme=dark&token={SECRET}", f"k={SECRET}", f"x#board/{SECRET}", f"u=https%3A%2F%2Fa%2F%3Fk%3D{SECRET}"]
)
def test_a_key_in_the_referer_made_no_call_and_is_flagged(
    events: Events, pepper: Pepper, query: str, status: int
) -> None:
    (event,) = events(line(referer=f"https://dash.example/embed/board?{query}", status=status))

    assert (None, f"key_in_referer:{pepper.key_ref(SECRET)}") == seen(event)
    assert event["key_hint"] is None
    assert SECRET[8:] not in str(event)


def test_a_key_of_any_shape_is_found_by_its_parameter_in_the_referer(events: Events, pepper: Pepper) -> None:
    (event,) = events(line(referer=f"https://dash.example/?my_api_key={UUID}"))

    assert (None, f"key_in_referer:{pepper.key_ref(UUID)}") == seen(event)


def test_the_header_s_key_is_the_credential_whatever_else_the_request_holds(events: Events, pepper: Pepper) -> None:
    held = events(
        line(f"/v1/{SECRET}", token="plain-secret-one"),
        line(referer=f"https://a/?token={SECRET}", token="plain-secret-one"),
        line(f"/v1/{SECRET}", referer=f"https://a/?token={SECRET}"),
    )

    own = pepper.key_ref("plain-secret-one")
    both = (pepper.key_ref(SECRET), "key_in_url,key_in_referer")
    assert [(own, None), (own, None), both] == [seen(event) for event in held]


@pytest.mark.parametrize(
    "text",
    [
        UUID,
        "a-long-slug-of-an-article-about-2026-and-what-came-of-it",
        "pypi-package-index-mirror",
        "pk-2026-annual-report-of-the-company",
        "pk-2026-Annual-Report-of-the-Company",
        "xapp-Production-Settings",
        "acme~Handbook",
        "load_test_results_of_all_services",
        "the_live_broadcast-of-the-opening-in-2026",
        "3f2504e04f8911d39a0c0305e82c3301",
        "acme~handbook",
        "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiJqLTcifQ.dozjgNryP4J3jVmN",
        "AKIAIOSFODNN7EXAMPLE",
        "getUserByIdOrName",
        "%E4%BD%A0%E5%A5%BD",
        "%FF%zz",
    ],
)
def test_ordinary_texts_are_no_keys(events: Events, text: str) -> None:
    held = events(line(f"/v1/{text}/x"), line(f"/v1?q={text}"), line(referer=f"https://a.example/{text}?q={text}"))

    assert [(None, None)] * 3 == [seen(event) for event in held]


def test_ids_and_short_values_of_named_parameters_in_a_referer_are_no_keys(events: Events) -> None:
    jwt = "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiJqLTcifQ.dozjgNryP4J3jVmN"
    values = (f"token={jwt}", "key=AKIAIOSFODNN7EXAMPLE", "key=spring", f"csrf_token={UUID}", f"monkey={UUID}")

    held = events(*(line(referer=f"https://a.example/?{value}") for value in values))

    assert [(None, None)] * len(values) == [seen(event) for event in held]


def test_rows_of_both_kinds_keep_their_own(events: Events, pepper: Pepper) -> None:
    other = SECRET.replace("Hq3v", "Zz9y")
    held = events(
        *[line(token="plain-secret-one")] * 9,
        line(f"/v1/{SECRET}"),
        line("/v1/pets?x=1"),
        line(f"/v1?k={other}"),
        line(referer=f"https://a/{other}"),
    )

    expected = [(pepper.key_ref("plain-secret-one"), None)] * 9
    expected += [(pepper.key_ref(SECRET), "key_in_url"), (None, None), (pepper.key_ref(other), "key_in_url")]
    assert [*expected, (None, f"key_in_referer:{pepper.key_ref(other)}")] == [seen(event) for event in held]
