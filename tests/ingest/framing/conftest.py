"""Bytes to records, whole or in the pieces in which a file is read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from ingest.framing.choose import framing_of
from ingest.framing.interface import Records

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Framed:
    """What bytes became; `lines` are the numbers of the lines that the records begin on."""

    name: str
    texts: list[str]
    lines: list[int]
    times: list[str | None] | None
    skipped: list[tuple[int, str]]


Frame = Callable[..., Framed]


def _framed(name: str, records: Records) -> Framed:
    texts = records.data.decode().split("\n")[:-1] if records.data else []
    numbers = range(1, len(texts) + 1) if records.numbers is None else records.numbers.tolist()
    times = None if records.envelopes is None else list(records.envelopes)
    return Framed(name=name, texts=texts, lines=list(numbers), times=times, skipped=list(records.skipped))


@pytest.fixture(scope="session")
def frame() -> Frame:
    """`frame(text)`: the records of a whole file."""

    def run(text: str | bytes, *, now: datetime | None = NOW) -> Framed:
        data = text.encode() if isinstance(text, str) else text
        framing = framing_of(data, now=now)
        return _framed(framing.name, framing.records(data))

    return run


@pytest.fixture(scope="session")
def grown() -> Callable[..., list[str]]:
    """`grown(text, sizes)`: the records of a file that grows by so many bytes at a time, each cut when it has grown."""

    def run(text: str | bytes, sizes: list[int], *, head: str | bytes | None = None) -> list[str]:
        data = text.encode() if isinstance(text, str) else text
        known = head.encode() if isinstance(head, str) else head
        framing = framing_of(known or data, now=NOW)
        texts: list[str] = []
        begin = end = 0
        for size in [*sizes, len(data)]:
            end = min(len(data), end + size)
            cut = begin + framing.cut(data[begin:end])
            if end == len(data):
                cut = end
            texts += _framed(framing.name, framing.records(data[begin:cut])).texts
            begin = cut
        return texts

    return run
