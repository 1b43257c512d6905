"""Generate a large access log: `python benchmarks/generate.py FILE --lines 2000000 --format json`.

Lines are made in blocks of columns, so memory stays small whatever the number of lines. The same seed gives the same
bytes. `--first` and `--total` make a part of a longer log, with the same keys and its own stretch of the time. One line
in 10,000 is broken. There is no request id: it would be most of what a compressed copy weighs, and
keywatch does not keep it, so it would only make the peers look slow.
"""

import argparse
import sys
from pathlib import Path
from typing import Final, Literal, get_args

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that both `-m benchmarks.x` and a path work

from benchmarks.block import Block, make_block
from benchmarks.vocabulary import make_vocabulary

Format = Literal["json", "combined"]

FIRST: Final = "2025-06-01T00:00:00Z"
"""The log's first moment; it goes on for 14 days, evenly."""
BROKEN_EVERY: Final = 10_000

_BLOCK: Final = 50_000
_CUT: Final = 30
"""What is left of a broken line, in characters: it ends before the request, so no program takes it for a whole one
and no CSV reader sees a quote that never closes."""
_DAYS: Final = 14
_CLOCK: Final = [f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(86_400)]
_JSON: Final = (
    '{"time_iso8601":"2025-06-%02dT%s+00:00","remote_addr":"%s","request_method":"%s","request_uri":"%s","host":"%s",'
    '"status":%d,"body_bytes_sent":%d,"request_length":%d,"request_time":%.3f,"http_user_agent":"%s",'
    '"http_referer":"","http_x_api_token":"%s"}\n'
)
_COMBINED: Final = '%s - - [%02d/Jun/2025:%s +0000] "%s %s HTTP/1.1" %d %d "-" "%s"\n'


def generate(
    path: Path,
    lines: int,
    format: Format,  # noqa: A002 (the word of DESIGN.md)
    seed: int,
    *,
    first: int = 0,
    total: int | None = None,
) -> int:
    """Write `lines` lines to `path` and return how many of them are broken (one in 10,000).

    They are those from line `first` on of a log of `total` lines.
    """
    rng = np.random.default_rng(seed)
    words, write = make_vocabulary(rng), {"json": _json, "combined": _combined}[format]
    rng, whole = np.random.default_rng([seed, first]) if first else rng, total or lines
    broken = 0
    with path.open("w", encoding="utf-8", buffering=1 << 20) as file:
        for begin in range(first, first + lines, _BLOCK):
            count = min(_BLOCK, first + lines - begin)
            seconds = (np.arange(begin, begin + count) * (_DAYS * 86_400) // whole).astype(np.int64)
            block = write(seconds, make_block(words, count, rng))
            for place in range((BROKEN_EVERY // 2 - begin) % BROKEN_EVERY, count, BROKEN_EVERY):
                block[place] = block[place][:_CUT] + "\n"
                broken += 1
            file.writelines(block)
    return broken


def _json(seconds: np.ndarray, block: Block) -> list[str]:
    b = block
    columns = (b.ip, b.method, b.uri, b.host, b.status, b.sent, b.received, b.seconds, b.agent, b.token)
    return [_JSON % row for row in zip(*_times(seconds), *columns, strict=True)]


def _combined(seconds: np.ndarray, block: Block) -> list[str]:
    """The combined format has no field for a header: three requests in ten carry the key as a parameter instead."""
    b = block
    urls = [
        f"{uri}{'&' if '?' in uri else '?'}api_key={token}" if marked and token else uri
        for uri, token, marked in zip(b.uri, b.token, b.key_in_url, strict=True)
    ]
    rows = zip(b.ip, *_times(seconds), b.method, urls, b.status, b.sent, b.agent, strict=True)
    return [_COMBINED % row for row in rows]


def _times(seconds: np.ndarray) -> tuple[list[int], list[str]]:
    """Day of the month and time of day of seconds after `FIRST`."""
    return (seconds // 86_400 + 1).tolist(), [_CLOCK[s] for s in (seconds % 86_400).tolist()]


def main() -> None:
    """Read the command line and generate one file."""
    parser = argparse.ArgumentParser(description="Generate a large access log.")
    parser.add_argument("path", type=Path)
    parser.add_argument("--lines", type=int, default=2_000_000)
    parser.add_argument("--format", choices=get_args(Format), default="json")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the first line's number in a longer log")
    parser.add_argument("--total", type=int, help="how many lines that has")
    given = parser.parse_args()
    print(generate(given.path, given.lines, given.format, given.seed, first=given.first, total=given.total))


if __name__ == "__main__":
    main()
