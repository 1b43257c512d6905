"""Lines of a web server's error log that stand in its access log: they are skipped as `error-log`."""

from collections.abc import Sequence
from typing import Final

from ingest.formats import text
from ingest.redact import quoted

PATTERN: Final = (
    r"^(?:\d{4}[/-]\d\d[/-]\d\d \d\d:\d\d:\d\d(?:[.,]\d+)? \[[A-Za-z]+\] "
    r"|\[[A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d(?:\.\d+)? \d{4}\] \[)"
)
"""nginx and LiteSpeed: `2021/12/01 13:53:33 [error] `; Apache: `[Thu Oct 13 12:24:49.880562 2022] [`."""

SKIP: Final = (f"regexp_matches(text, {quoted(PATTERN)})", "error-log")
"""For `text.plan`'s skips."""


def without(sample: Sequence[str]) -> list[str]:
    """The lines that are of no error log: those that a format is recognised by."""
    return [line for line, error in zip(sample, text.matches(PATTERN, sample), strict=True) if not error]
