"""Zoraxy, Upsun and IIS events."""

from collections.abc import Callable
from typing import Any

import pytest

from model.errors import FormatError

Read = Callable[..., Any]


def test_zoraxy_s_own_remarks_are_skipped_by_class(read: Read) -> None:
    head = "[2026-10-01 09:30:00.1] [router:host-http] [origin:a.example] [client: 203.0.113.9] [useragent: x]"
    request = f"{head} GET /a b 200\n"
    remark = "2026/10/01 09:30:01 [2026-10-01 09:30:01.2] [internal] [system:info] Zoraxy started\n"

    found = read(request + remark + "what a mess\n" + request)

    assert (["notice"], [3]) == (found.classes, [reject[0] for reject in found.rejects])
    assert ["/a b", "/a b"] == [event["path"] for event in found.events]


def test_messages_of_other_programs_of_upsun_are_skipped_by_class(read: Read) -> None:
    request = 'app.0 nginx: 203.0.113.9 - - [01/Oct/2026:09:30:00 +0000] "GET /a HTTP/1.1" 200 5 "-" "curl/8"\n'

    found = read(request + "app.0 php-fpm[7]: ready to handle connections\n" + request)

    assert ("upsun", 2, ["other program"], []) == (found.format, len(found.events), found.classes, found.rejects)


EVENT = (
    '<Event><System><Provider Name="Microsoft-Windows-IIS-Logging"/></System><EventData>'
    '<Data Name="date">2026-10-01</Data><Data Name="time">09:30:00</Data><Data Name="cs-method">GET</Data>'
    '<Data Name="cs-uri-stem">/a&amp;amp;b</Data><Data Name="sc-status">200</Data></EventData></Event>\n'
)


def test_entities_in_an_iis_event_are_decoded_once(read: Read) -> None:
    assert ["/a&amp;b"] == [event["path"] for event in read(EVENT).events]


def test_events_of_other_providers_are_skipped_by_class(read: Read) -> None:
    found = read(EVENT * 2 + "<Event><System><Provider Name='Other'/></System></Event>\nwhat a mess\n")

    assert (["other event"], [4]) == (found.classes, [reject[0] for reject in found.rejects])


def test_an_iis_event_without_its_data_is_rejected_and_nothing_breaks(read: Read, edge: Callable[[str], str]) -> None:
    cut = edge("E89") + "\n"

    assert [(1, "the time cannot be read")] == [reject[:2] for reject in read(cut).rejects]


def test_events_that_span_lines_are_refused(read: Read) -> None:
    with pytest.raises(FormatError, match="No format fits"):
        read(EVENT.replace("><", ">\n<"))
