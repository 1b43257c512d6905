"""Lines to events without a workspace: recognise, plan, parse."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest import lines
from ingest.fingerprint import Pepper
from ingest.formats.directives import directives
from ingest.formats.interface import KeyPlace, Options
from ingest.formats.registry import named, recognise
from ingest.framing.choose import records_of
from ingest.parse import Parser
from ingest.treatment import Treatment

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Read:
    """What a text became."""

    format: str
    events: list[dict[str, Any]]
    rejects: list[tuple[int, str, str]]
    """(line, reason, sample)."""
    skipped: int
    lines: int
    classes: list[str]
    """Of the skipped lines, in order."""


@pytest.fixture(scope="session")
def pepper() -> Pepper:
    return Pepper(b"pepper of the tests")


@pytest.fixture(scope="session")
def _parser(pepper: Pepper) -> Iterator[Parser]:
    parser = Parser(Treatment(source="test", pepper=pepper, request_id=True))
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
        records = records_of(raw)
        sample = lines.sample(records.data)
        chosen = Options(keys=(KeyPlace(name=key, kind=kind),), **options) if key else Options(**options)
        fmt = recognise(sample, chosen, where="a test")[0] if format == "auto" else named(format)
        held = directives(records.data, fmt.directive) if fmt.directive else []
        plan = fmt.plan(held + sample, chosen)
        parsed = _parser.parse(records, plan, now=NOW)
        rejects = [(r.line, r.reason, r.sample) for r in parsed.rejects]
        return Read(
            format=plan.format,
            events=_parser.rows(),
            rejects=rejects,
            skipped=parsed.skipped,
            lines=parsed.lines,
            classes=[kind for _, kind in _parser.skipped()],
        )

    return run
