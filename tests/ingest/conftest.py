"""Lines to events without a workspace: recognise, plan, parse."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from ingest import lines
from ingest.fingerprint import Pepper
from ingest.formats.interface import KeyField, Options
from ingest.formats.registry import FORMATS, named, recognise
from ingest.parse import Parser


@dataclass(frozen=True, kw_only=True)
class Read:
    """What a text became."""

    format: str
    events: list[dict[str, Any]]
    rejects: list[tuple[int, str, str]]
    """(line, reason, sample)."""
    skipped: int
    lines: int


@pytest.fixture(scope="session")
def pepper() -> Pepper:
    return Pepper(b"pepper of the tests")


@pytest.fixture(scope="session")
def _parser(pepper: Pepper) -> Iterator[Parser]:
    parser = Parser(pepper=pepper)
    yield parser
    parser.close()


@pytest.fixture(scope="session")
def read(_parser: Parser) -> Callable[..., Read]:
    """`read(text, format=…, key=…, kind=…, fields=…, log_format=…)`."""

    def run(
        text: str | bytes,
        *,
        format: str = "auto",  # noqa: A002 (as the config calls it)
        key: str | None = None,
        kind: Any = "secret",  # noqa: ANN401 (a literal of the config)
        **options: Any,  # noqa: ANN401 (fields of Options)
    ) -> Read:
        raw = text.encode() if isinstance(text, str) else text
        whole = next((f.split for f in FORMATS.values() if f.split and f.is_document(raw[:4096])), None)
        data = lines.readable(whole(raw) if whole else raw, at_start=True)
        sample = lines.sample(data)
        chosen = Options(key=KeyField(field=key, kind=kind) if key else None, **options)
        fmt = recognise(sample, chosen, where="a test")[0] if format == "auto" else named(format)
        plan = fmt.plan(sample, chosen)
        parsed = _parser.parse(data, plan, source="test", request_id=True)
        rejects = [(r.line, r.reason, r.sample) for r in parsed.rejects]
        return Read(
            format=plan.format, events=_parser.rows(), rejects=rejects, skipped=parsed.skipped, lines=parsed.lines
        )

    return run
