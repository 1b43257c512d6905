from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model.errors import FormatError

Read = Callable[..., Any]
FIELDS = "#fields ts uid id.orig_h method host uri password status_code user_agent a b c\n".replace(" ", "\t")
HEAD = f"#separator \\x09\n#path\thttp\n{FIELDS}"
LINE = "1790847000.5\tC1\t203.0.113.9\tGET\tapi.example\t/a\t{}\t200\tcurl/8\t-\t-\t-\n"


def test_the_published_log_is_read_whole(read: Read, shared: Path) -> None:
    found = read((shared / "formats" / "zeek" / "lnav__logfile_bro_http.log.0.log").read_bytes())

    assert ("zeek-http", 197, 9, []) == (found.format, len(found.events), found.skipped, found.rejects)


def test_columns_may_change_within_a_file(read: Read) -> None:
    later = (
        HEAD.replace("\tts\tuid", "\tuid\tts").splitlines()[-1]
        + "\n"
        + LINE.format("-").replace("1790847000.5\tC1", "C2\t1790847001")
    )

    found = read(HEAD + LINE.format("-") + later)

    assert [("C1", 30, 0), ("C2", 30, 1)] == [(e["request_id"], e["ts"].minute, e["ts"].second) for e in found.events]


def test_a_password_is_in_no_event(read: Read) -> None:
    assert "hunter2hunter2" not in str(read(HEAD + LINE.format("hunter2hunter2")).events)


def test_another_log_of_zeek_is_refused(read: Read) -> None:
    text = "#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tproto\n1790847000.5\tC1\t203.0.113.9\ttcp\n"

    with pytest.raises(FormatError, match=r"http\.log|No format fits"):
        read(text)
    with pytest.raises(FormatError, match="names ts, uri and status_code"):
        read(text, format="zeek-http")


def test_a_short_line_is_rejected(read: Read) -> None:
    found = read(HEAD + LINE.format("-") + "1790847000.5\tC1\n")

    assert [(5, "fewer columns than #fields names")] == [reject[:2] for reject in found.rejects]
