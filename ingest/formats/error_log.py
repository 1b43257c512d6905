"""Lines of a web server's error log that stand in its access log: they are skipped as `error-log`."""

from collections.abc import Sequence
from typing import Final

from ingest.formats import text
from ingest.redact import quoted

PATTERN: Final = (
    r"^(?:\d{4}[/-]\d\d[/-]\d\d \d\d:\d\d:\d\d(?:[.,]\d+)? \[[A-Za-z]+\] "
    r"|\[[A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d(?:\.\d+)? \d{4}\] \["
    r"|\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?: [+-]\d{4}\] \[\d+\] \[|,\d{3}\] (?:[A-Z]+ in |\[)|\.\d+\]\[\d+\]\[)"
    r"|[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ [\w.-]+:\d+\] )"
)
"""nginx and LiteSpeed: `2021/12/01 13:53:33 [error] `; Apache: `[Thu Oct 13 12:24:49.880562 2022] [`; gunicorn:
`[2026-10-01 09:33:24 +0000] [17] [INFO]`; Flask: `[2026-10-01 09:31:11,580] ERROR in `; Envoy:
`[2026-10-01 15:31:30.492][1][warning]`; Kubernetes' programs: `E1001 13:00:58.488494       7 controller.go:202] `."""

SKIP: Final = (f"regexp_matches(text, {quoted(PATTERN)})", "error-log")
"""For `text.plan`'s skips."""


def without(sample: Sequence[str]) -> list[str]:
    """The lines that are of no error log: those that a format is recognised by."""
    return [line for line, error in zip(sample, text.matches(PATTERN, sample), strict=True) if not error]
