from collections.abc import Callable
from typing import Any

import pytest

from ingest.formats.registry import FORMATS, named
from model.errors import FormatError

Read = Callable[..., Any]


def test_where_no_format_fits_the_tried_ones_and_the_first_line_are_named(read: Read) -> None:
    text = "moon=full token=ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F ok\nmoon=new\n"

    with pytest.raises(FormatError) as caught:
        read(text)

    message = str(caught.value)
    tried = [name for name in FORMATS if name != "log_format"]

    assert f"Tried: {', '.join(tried)}." in message
    assert "The first line is: moon=full token=[redacted] ok" in message


def test_the_first_line_is_shown_without_control_characters(read: Read) -> None:
    with pytest.raises(FormatError) as caught:
        read("\x1b[2Jhello\x07 world\n")

    assert "\\x1b[2Jhello\\x07 world" in str(caught.value)


def test_an_unknown_format_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(FormatError, match="no format 'combind'") as caught:
        named("combind")

    assert "Did you mean 'combined'?" in str(caught.value)


def test_a_few_foreign_lines_do_not_hide_the_format(read: Read) -> None:
    good = '203.0.113.9 - - [01/Oct/2026:09:30:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8"\n'

    found = read("starting up\n" + good * 6 + "panic!\n" + good)

    assert ("combined", 7, 2) == (found.format, len(found.events), len(found.rejects))


def test_json_with_fields_of_nginx_is_told_from_other_json(read: Read) -> None:
    nginx = '{"time_iso8601":"2026-10-01T09:30:00Z","remote_addr":"::1","request_uri":"/","status":"200"}\n'
    other = '{"time":"2026-10-01T09:30:00Z","client_ip":"::1","path":"/","status":200}\n'

    assert ["nginx-json", "json"] == [read(nginx).format, read(other).format]
