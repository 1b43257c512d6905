"""Redaction: what looks like a secret is replaced before anything is written. Idempotent.

The patterns are our own, written in the part of the syntax that RE2 (inside DuckDB) and Python share. Families from
gitleaks' rules and the vendors' documentation.
"""

import re
from collections.abc import Sequence
from typing import Final

MARK: Final = "[redacted]"

_FAMILIES: Final = (
    r"(?:sk|rk|pk|ak|ac)_(?:live|test|prod|dev)_[A-Za-z0-9]{6,}",
    r"gh[pousr]_[A-Za-z0-9]{16,}",
    r"github_pat_[A-Za-z0-9_]{16,}",
    r"glpat-[A-Za-z0-9_-]{16,}",
    r"sk-(?:ant-|proj-)?[A-Za-z0-9_-]{16,}",
    r"A[KS]IA[A-Z0-9]{16}",
    r"AIza[A-Za-z0-9_-]{30,}",
    r"xox[abeoprs]-[A-Za-z0-9-]{10,}",
    r"SG\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    r"hf_[A-Za-z0-9]{16,}",
    r"npm_[A-Za-z0-9]{20,}",
    r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?",
    r"[A-Za-z0-9_]{28,}",
)
"""Issued prefixes, then the fallback: 28 letters and digits in a row are no word."""

_NAMES: Final = (
    r"(?:x[-_])?(?:api[-_]?(?:key|token)|access[-_]?token|auth[-_]?token|oauth[-_]?token|token|secret|password|passwd"
    r"|authorization|signature|sig|apikey|key)"
)
_NAMED: Final = rf"(?i)\b{_NAMES}(=|%3[dD]|: ?|\": ?\")[^&\s\"#;,{{}}\[]+"
_USERINFO: Final = r"://[^/\s@\"]+@"
_SCHEMES: Final = r"(?i)\b(?:bearer|basic) +[A-Za-z0-9+/=._~-]{6,}"


def token_pattern(prefixes: Sequence[str] = ()) -> str:
    """One alternation of all token families; `prefixes` are what this company issues."""
    issued = tuple(re.escape(prefix) + r"[A-Za-z0-9_-]{4,}" for prefix in prefixes)
    return "|".join(f"(?:{pattern})" for pattern in issued + _FAMILIES)


_TOKENS = re.compile(token_pattern())
_NAMED_RE = re.compile(_NAMED)
_USERINFO_RE = re.compile(_USERINFO)
_SCHEMES_RE = re.compile(_SCHEMES)


def redact(text: str, secrets: Sequence[str] = (), prefixes: Sequence[str] = ()) -> str:
    """`text` with every token, credential parameter and URL password replaced; `secrets` are known ones."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, MARK)
    text = _SCHEMES_RE.sub(MARK, _USERINFO_RE.sub(f"://{MARK}@", text))
    text = _NAMED_RE.sub(_keep_name, text)
    pattern = re.compile(token_pattern(prefixes)) if prefixes else _TOKENS
    return pattern.sub(MARK, text)


def redact_sql(expression: str, prefixes: Sequence[str] = ()) -> str:
    """The SQL that replaces token families in `expression` (paths and user agents carry no parameters)."""
    return f"regexp_replace({expression}, {quoted(token_pattern(prefixes))}, '{MARK}', 'g')"


def quoted(text: str) -> str:
    """`text` as a SQL string."""
    return "'" + text.replace("'", "''") + "'"


def _keep_name(match: re.Match[str]) -> str:
    head = match[0]
    return head[: match.end(1) - match.start()] + MARK
