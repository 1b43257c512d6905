"""Numbers and times that are read as such where the sample shows them so: the same events as from texts."""

from dataclasses import replace

import pytest

from ingest.fingerprint import Pepper
from ingest.formats.interface import Options
from ingest.formats.quick import quick_way
from ingest.formats.registry import FORMATS
from ingest.framing.choose import records_of
from ingest.parse import Parser
from ingest.treatment import Treatment

LINE = (
    '{{"time_iso8601":{at},"remote_addr":"192.0.2.7","request_method":"GET","request_uri":"/v1/a/{n}","status":{status},'
    '"body_bytes_sent":{sent},"request_time":{took}}}\n'
)
USUAL = {"at": '"2026-10-01T09:30:00+02:00"', "status": "200", "sent": "12", "took": "0.015"}
ODD = (
    {"status": '"404"', "sent": '"7"', "took": '"1.5"'},
    {"status": '"-"', "sent": "-", "took": '"12ms"'},
    {"status": "null", "sent": '""', "took": "3"},
    {"status": "70000", "sent": "99999999999999999999", "took": "1e2"},
    {"status": "[200]", "sent": '{"a":1}', "took": "[]"},
    {"status": "000", "sent": "1e3", "took": "-0.5"},
    {"at": '"01/Oct/2026:09:30:00 +0200"'},
    {"at": "1790847000.123"},
    {"at": '"2026-10-01 09:30:00"'},
    {"at": '"infinity"'},
    {"at": '"1066-10-14T09:00:00Z"'},
    {"at": "null"},
)


def test_lines_whose_values_look_otherwise_than_the_sample_become_the_same_events_as_line_by_line(
    pepper: Pepper,
) -> None:
    plain = [LINE.format(n=n, **USUAL) for n in range(60)]
    plan = FORMATS["nginx-json"].plan([line.rstrip() for line in plain], Options())
    text = "".join([*plain, *(LINE.format(n=100 + n, **(USUAL | odd)) for n, odd in enumerate(ODD))]).encode()
    found = []
    parser = Parser(Treatment(source="test", pepper=pepper))
    for one in (plan, replace(plan, leaves=())):
        parser.parse(records_of(text), one)
        found.append((parser.rows(), parser.rejected()))
    parser.close()

    assert found[0] == found[1]
    assert len(ODD) - 3 == len(found[0][0]) - 60


def test_what_is_a_number_in_the_whole_sample_is_read_as_one() -> None:
    plan = FORMATS["nginx-json"].plan([LINE.format(n=n, **USUAL).rstrip() for n in range(9)], Options())

    quick = quick_way(plan)

    assert quick is not None
    assert "'status': 'BIGINT'" in quick.reader
    assert "'request_time': 'DOUBLE'" in quick.reader


@pytest.mark.parametrize("other", ['"-"', "true", '"0.1"'])
def test_one_value_that_is_none_leaves_the_field_a_text(other: str) -> None:
    sample = [LINE.format(n=n, **(USUAL | ({"took": other} if n == 7 else {}))).rstrip() for n in range(9)]

    quick = quick_way(FORMATS["nginx-json"].plan(sample, Options()))

    assert quick is not None
    assert "'request_time': 'VARCHAR'" in quick.reader
