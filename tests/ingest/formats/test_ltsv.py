from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.fingerprint import Pepper
from model.errors import FormatError

Read = Callable[..., Any]
SECRET = "ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F"
LINE = "time:[01/Oct/2026:09:30:00 +0330]\thost:203.0.113.9\treq:GET /a?b=1 HTTP/1.1\tstatus:200\tsize:512"


def test_the_labels_of_ltsv_org_are_known(read: Read) -> None:
    found = read(f"{LINE}\tua:curl/8\tvhost:api.example\treqtime:0.25\tforwardedfor:192.0.2.1\n")

    expected = (datetime(2026, 10, 1, 6, tzinfo=UTC), "203.0.113.9", "GET", "/a", 200, 512, "api.example", 250.0)
    assert "ltsv" == found.format
    assert [expected] == [
        tuple(e[name] for name in ("ts", "ip", "method", "path", "status", "bytes_out", "host", "duration_ms"))
        for e in found.events
    ]


def test_host_is_the_server_where_the_client_has_a_label_of_its_own(read: Read) -> None:
    found = read(LINE.replace("host:", "remote_addr:") + "\thost:api.example\n")

    assert [("203.0.113.9", "api.example")] == [(e["ip"], e["host"]) for e in found.events]


def test_labels_in_another_order_or_missing_are_found(read: Read) -> None:
    turned = "\t".join(reversed(LINE.split("\t")))

    found = read(f"{LINE}\n{turned}\nstatus:404\ttime:2026-10-01T06:00:00Z\thost:\n")

    assert [200, 200, 404] == [e["status"] for e in found.events]
    assert ["203.0.113.9", "203.0.113.9", None] == [e["ip"] for e in found.events]


@pytest.mark.parametrize("place", [{}, {"key": "apikey"}])
def test_a_key_s_label_is_read(read: Read, pepper: Pepper, place: dict[str, str]) -> None:
    found = read(f"{LINE}\tapikey:{SECRET}\n{LINE}\tapikey:-\n", **place)

    assert [pepper.key_ref(SECRET), None] == [e["key_ref"] for e in found.events]


def test_other_lines_are_rejected(read: Read) -> None:
    found = read(f"{LINE}\n{LINE}\nhello\nstatus:200\ttime:noon\thost:x\n")

    assert [(3, "is not labelled values with tabs between them"), (4, "no time in time")] == [
        (n, why) for n, why, _ in found.rejects
    ]


def test_labels_without_a_time_are_named(read: Read) -> None:
    with pytest.raises(FormatError, match="the labels are: a, b, c"):
        read("a:1\tb:2\tc:3\n", format="ltsv")
