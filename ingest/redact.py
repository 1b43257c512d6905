"""Redaction: what looks like a secret is replaced before anything is written. Idempotent.

The patterns are our own, written in the part of the syntax that RE2 (inside DuckDB) and Python share. Families from
gitleaks' rules and the vendors' documentation.
"""

import re
from collections.abc import Sequence
from typing import Final

MARK: Final = "[redacted]"

_BEGIN: Final = r"(?:\b|_|%[0-9A-Fa-f]{2}|\\x[0-9A-Fa-f]{2})"
"""Where a short prefix may begin: `sk-` is no part of `disk-usage`, but may follow an escape."""

_LONG: Final = "|".join(
    (r"[A-Za-z]{28,}", *(rf"[A-Za-z_]{{{n}}}[0-9][A-Za-z0-9_]{{{27 - n},}}" for n in range(28))),
)
"""28 or more letters, or letters, digits and underscores with a digit among them: no word, and no words_of_a_name.

Written out for each place of the first digit, for RE2 has no look-ahead."""

_FAMILIES: Final = (
    _BEGIN + r"(?:sk|rk|pk|ak|ac)_(?:live|test|prod|dev)_[A-Za-z0-9]{6,}",
    r"gh[pousr]_[A-Za-z0-9]{16,}",
    r"github_pat_[A-Za-z0-9_]{16,}",
    r"glpat-[A-Za-z0-9_-]{16,}",
    _BEGIN + r"sk-(?:ant-|proj-)?[A-Za-z0-9_-]{16,}",
    r"A[KS]IA[A-Z0-9]{16}",
    r"AIza[A-Za-z0-9_-]{30,}",
    r"xox[abeoprs]-[A-Za-z0-9-]{10,}",
    r"SG\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    r"hf_[A-Za-z0-9]{16,}",
    r"npm_[A-Za-z0-9]{20,}",
    r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?",
    _LONG,
)
"""Issued prefixes, then the fallback."""

_NAMES: Final = (
    r"(?:x[-_])?(?:api[-_]?(?:key|token)|access[-_]?token|auth[-_]?token|oauth[-_]?token|token|secret|password|passwd"
    r"|authorization|signature|sig|apikey|key)"
)
_NAMED: Final = rf"(?i:(?:\b|_){_NAMES})(=|%3[dD]|: ?|\": ?\")(?i:(?:bearer|basic) +)?[^&\s\"#;,{{}}\[]+"
_USERINFO: Final = r"://[^/\s@\"]+@"
_SCHEMES: Final = r"(?i:\b(?:bearer|basic)) +[A-Za-z0-9+/=._~-]{6,}"


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


def look(prefixes: Sequence[str] = ()) -> str:
    """A small pattern that matches wherever `redact_sql` could change something.

    The alternation of all families is too large for RE2's fast automaton; most texts are spared it by this look.
    """
    marks = r"[A-Za-z0-9_]{16}|[=:%@]|_(?:live|test|prod|dev)_|sk-|xox[abeoprs]-|glpat-|SG\.|eyJ|(?i:bearer|basic) "
    return "|".join((marks, *(re.escape(prefix) for prefix in prefixes)))


def redact_sql(expression: str, prefixes: Sequence[str] = ()) -> str:
    """The SQL that replaces the same in `expression` (a path, a user agent); names of parameters go too."""
    pattern = f"{_SCHEMES}|{_NAMED}|{token_pattern(prefixes)}"
    return f"regexp_replace({expression}, {quoted(pattern)}, '{MARK}', 'g')"


def quoted(text: str) -> str:
    """`text` as a SQL string."""
    return "'" + text.replace("'", "''") + "'"


def _keep_name(match: re.Match[str]) -> str:
    head = match[0]
    return head[: match.end(1) - match.start()] + MARK
