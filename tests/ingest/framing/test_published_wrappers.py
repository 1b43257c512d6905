"""Wrapped logs that other projects publish, and the edge cases of wrappers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Frame = Callable[..., Any]

GROUPED = {
    "dockermode_firstline_detection": "lines without a first one's mark belong to the record before: an option there",
    "dockermode_multiple_lines": "the same",
    "dockermode_splitted_multiple_lines": "the same",
}
"""What Fluent Bit's Docker_Mode_Parser joins beyond split lines, and why we do not."""


@pytest.mark.parametrize("name", ["dockermode", "dockermode_splitted_line", *GROUPED])
def test_fluent_bit_s_joined_records_are_ours(frame: Frame, shared: Path, name: str) -> None:
    folder = shared / "formats" / "wrap_docker"
    joined = [json.loads(line)["log"] for line in (folder / f"fluentbit__{name}.out").read_text().split("\n") if line]

    found = frame((folder / f"fluentbit__{name}.log").read_bytes())

    expected = (
        [line for text in joined for line in text.splitlines()] if name in GROUPED else [t.strip("\n") for t in joined]
    )
    assert "docker" == found.name
    assert expected == [text for text in found.texts if text]


@pytest.mark.parametrize(
    ("path", "name", "begins", "count"),
    [
        ("wrap_cri/crowdsec__cri-logs.log", "cri", "172.18.0.1 - - [28/Jan/2022", 3),
        ("wrap_docker/crowdsec__docker-logs.log", "docker", "192.168.61.205 - - [24/Aug/2021", 3),
        ("wrap_docker/lnav__logfile_docker_compose.0.log", "compose", "", 22),
        ("wrap_docker/lnav__logfile_docker_compose_with_ts.0.log", "compose", "", 22),
        ("wrap_docker/lnav__logfile_docker_compose_with_noise.0.log", "compose", "", 25),
        ("wrap_syslog/crowdsec__pfsense-rfc5424-nginx.log", "syslog", "2025/11/05 20:47:03 [error] 24537", 1),
        ("fastly/crowdsec__fastly-logs.log", "syslog", '{     "timestamp": "2021-11-1', 4),
    ],
)
def test_a_published_log_is_unwrapped(
    frame: Frame, shared: Path, path: str, name: str, begins: str, count: int
) -> None:
    found = frame((shared / "formats" / path).read_bytes())
    texts = [text for text in found.texts if text.strip()]

    assert (name, count) == (found.name, len(texts))
    assert all(text.startswith(begins) for text in texts)
    assert not any("\x1b" in text or text.startswith(("web-1", "redis-1")) for text in texts)


@pytest.mark.parametrize(
    ("case", "name", "begins", "time"),
    [
        ("E39", "cri", '[2026-01-24T01:37:00.000Z] "GET', "2026-01-24T01:37:00.000000000+00:00"),
        ("E64", "compose", " * Serving Flask", "2024-04-25T05:32:35.584725130Z"),
        ("E79", "docker", "192.168.61.205 - - [24/Aug", "2021-08-24T09:52:13.20764059Z"),
        ("E80", "docker", "2020-03-24 Single line", None),
        ("E81", "cri", "172.18.0.1 - - [28/Jan", "2022-01-28T16:04:05.413656027Z"),
        ("E82", "cri", "172.18.0.1 - - [28/Jan", "2022-01-28T16:04:05.673552828Z"),
        ("E83", "cri", '{":authority":"www.example.com"', "2025-12-31T16:37:40.493035+00:00"),
        ("E84", "syslog", '127.0.0.1 - - "GET /includes', "2026-03-24T14:02:50+00:00"),
        ("E86", "syslog", "2025/11/05 20:47:03 [error]", "2025-11-05T20:47:03.000000+00:00"),
        ("E87", "syslog", '{     "timestamp": "2021-11-12', "2021-11-12T16:59:46.613304+00:00"),
        ("E88", "json:message", 'ACCESS [2019-04-10T03:49:34.451Z] "GET', "2019-02-12T18:37:43.139620629Z"),
    ],
)
def test_an_edge_case_is_unwrapped(
    frame: Frame, shared: Path, case: str, name: str, begins: str, time: str | None
) -> None:
    cases = {one["id"]: one for one in map(json.loads, (shared / "edge_cases.jsonl").read_text().splitlines())}

    found = frame(cases[case]["line"] + "\n")

    assert (name, time) == (found.name, found.times[0])
    assert found.texts[0].startswith(begins)


def test_a_marker_of_repeats_among_syslog_is_skipped(frame: Frame, shared: Path) -> None:
    found = frame((shared / "formats" / "wrap_syslog" / "lnav__logfile_syslog_with_access_log.0.log").read_bytes())

    assert [1, 2, 3, 4] == found.lines
    assert [(5, "remark")] == found.skipped
