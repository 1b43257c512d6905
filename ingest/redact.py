r"""Redaction: what looks like a secret is replaced before anything is written. Idempotent.

One list of steps, each a pattern and what replaces it, in the part of the syntax that RE2 (inside DuckDB) and Python
share; so both give the same. What is taken out, in this order: passwords of URLs, what follows `Bearer` and `Basic`,
the values of names that carry credentials, the families of issued tokens, and long runs that are no words.

A pattern that ends in word characters takes all of them: after MARK no word goes on, so nothing is found there the next
time. MARK comes before the issued prefixes and stands for itself: none is ever found inside it.

Python's engine backtracks: cut a text to a few thousand characters before `redact`; RE2 needs no such care.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from ingest.families import DISTINCT, SHORT
from ingest.names import NAMED, NAMED_LOOK

MARK: Final = "[redacted]"

_MARKED: Final = r"\[redacted\]"
_ESCAPE: Final = r"%[0-9A-Fa-f]{2}|\\x[0-9A-Fa-f]{2}"
_BEGIN: Final = rf"(?:\b|_|{_ESCAPE})"
"""Where a short prefix may begin: `sk-` is no part of `disk-usage`, but may follow an escape."""
_USERINFO: Final = r"://[^/?# \t\r\n\f\v\"<>]+@"
_SCHEMES: Final = (
    r"\b(?:[bB][eE][aA][rR][eE][rR]|[bB][aA][sS][iI][cC])(?: +|%20|\+)[A-Za-z0-9+/=._~-]{6,}[A-Za-z0-9+/=._~%-]*"
)
_SCHEMES_LOOK: Final = r"(?:[bB][eE][aA][rR][eE][rR]|[bB][aA][sS][iI][cC])(?: |%20|\+)"

_RUN: Final = "[A-Za-z0-9_+-]"
_ONE_CASE: Final = "[a-z0-9]{28,}|[A-Z0-9]{28,}"
MIXED: Final = "[A-Z][a-z][0-9]|[0-9][a-z][A-Z]|[a-z][0-9]+[A-Z]|[A-Z][0-9]+[a-z]|[0-9][A-Z][a-z]"
"""Digits between letters of both cases: rare in names, common in random text."""
_LONE: Final = "[A-Z][a-z][A-Z]"
"""A small letter alone: `ByI` of getUserByIdOrName too, so it takes a digit elsewhere, or four of them."""
_GOES_ON: Final = "[0-9][A-Za-z]"

# Two control characters stand around a run while it is judged; what came with the text goes first.
_OPEN, _CLOSE = "\x01", "\x02"
_IN: Final = f"[^{_OPEN}{_CLOSE}]*"
_TAIL: Final = f"(?:%(?:2[BbFf]|3[Dd])(?:{_OPEN}{_IN}{_CLOSE}|{_RUN})*|=)*"
"""The rest of a base64 text whose `+`, `/` and `=` are escaped."""

Steps = tuple[tuple[str, str], ...]


def steps(prefixes: Sequence[str] = ()) -> Steps:
    """(pattern, replacement) in order; `prefixes` are what this company issues."""
    x, d = f"(?:{MIXED}|{_LONE})", f"(?:{MIXED}|{_GOES_ON})"
    random = f"{x}{_IN}{d}|{d}{_IN}{x}|{_LONE}{_IN}{_LONE}{_IN}{_LONE}{_IN}{_LONE}"
    no_word = "[0-9]|[b-df-hj-np-tv-xz]{6}|[B-DF-HJ-NP-TV-XZ]{6}"
    return (
        (f"[{_OPEN}{_CLOSE}]", ""),
        (_USERINFO, f"://{MARK}@"),
        (_SCHEMES, MARK),
        (NAMED, rf"\1{MARK}"),
        (f"{_MARKED}|{tokens(prefixes)}", rf"\1{MARK}"),
        # An escape is passed over whole, so that its digits begin no run.
        (f"({_ESCAPE})|({_ONE_CASE})", rf"\1{_OPEN}\2{_CLOSE}"),
        (f"{_OPEN}{_IN}(?:{no_word}){_IN}{_CLOSE}(?:{_RUN}|{_OPEN}|{_CLOSE})*{_TAIL}", MARK),
        (f"[{_OPEN}{_CLOSE}]", ""),
        (f"({_ESCAPE})|({_RUN}{{20,}})", rf"\1{_OPEN}\2{_CLOSE}"),
        (f"{_OPEN}{_IN}(?:{random}){_IN}{_CLOSE}{_TAIL}", MARK),
        (f"[{_OPEN}{_CLOSE}]", ""),
    )


def look(prefixes: Sequence[str] = ()) -> str:
    """A small pattern that matches wherever a step could change something; an ordinary path or agent it does not.

    Most texts are spared the steps by this look.
    """
    return (
        f"[{_OPEN}{_CLOSE}]|{_USERINFO}|{_SCHEMES_LOOK}|{NAMED_LOOK}|{begins(prefixes)}"
        f"|[a-z0-9]{{28}}|[A-Z0-9]{{28}}|{MIXED}|{_LONE}"
    )


def begins(prefixes: Sequence[str]) -> str:
    """A small pattern that matches wherever a token of a known family could begin."""
    short = "|".join((*(begin for begin, _ in SHORT), *(re.escape(prefix) for prefix in prefixes)))
    return f"{_BEGIN}(?:{short})|{'|'.join(begin for begin, _ in DISTINCT)}"


def redact(text: str, secrets: Sequence[str] = (), prefixes: Sequence[str] = ()) -> str:
    """`text` with every token, credential parameter and URL password replaced; `secrets` are known ones."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, MARK)
    first, patterns = _compiled(tuple(prefixes))
    if first.search(text):
        for pattern, replacement in patterns:
            text = pattern.sub(replacement, text)
    return text


def redact_sql(expression: str, prefixes: Sequence[str] = ()) -> str:
    """The SQL that replaces the same in `expression`; dear, so ask `look` first."""
    for pattern, replacement in steps(prefixes):
        if pattern.endswith(tokens(prefixes)):
            # So large a pattern with a group leaves RE2's automaton and takes 2.6 ms a text, a look at where a token
            # could begin 0.03. The lambda is for the text to stand there once.
            replaced = f"regexp_replace(x, {quoted(pattern)}, {quoted(replacement)}, 'g')"
            could = f"regexp_matches(x, {quoted(begins(prefixes))})"
            expression = f"list_transform([{expression}], lambda x: CASE WHEN {could} THEN {replaced} ELSE x END)[1]"
        else:
            expression = f"regexp_replace({expression}, {quoted(pattern)}, {quoted(replacement)}, 'g')"
    return expression


def beginning(text: str, longest: int) -> str:
    """At most `longest` characters, without the word that the cut would split: half a secret is not known as one."""
    cut = text[:longest]
    end = max(map(cut.rfind, " \t\"'")) + 1
    return cut[:end] if end and len(text) > longest else cut


def issued(text: str, prefixes: Sequence[str] = ()) -> bool:
    """Whether a token of a known family stands in `text`."""
    return _issued(tuple(prefixes)).search(text) is not None


def issued_sql(expression: str, prefixes: Sequence[str] = (), *, anywhere: bool = False) -> str:
    """The same as SQL, for texts that are random by nature; `anywhere`: also in the middle of a word."""
    return f"regexp_matches({expression}, {quoted(tokens(prefixes, '' if anywhere else _BEGIN))})"


def quoted(text: str) -> str:
    """`text` as a SQL string."""
    return "'" + text.replace("'", "''") + "'"


def tokens(prefixes: Sequence[str], left: str = _BEGIN) -> str:
    """The pattern of all families; group 1 is what stands before a short one and stays."""
    own = [re.escape(prefix) + r"[A-Za-z0-9_-]{4,}" for prefix in prefixes]
    short = "|".join((*own, *(f"(?:{begin}){tail}" for begin, tail in SHORT)))
    distinct = "|".join(f"(?:{begin}){tail}" for begin, tail in DISTINCT)
    return rf"(?:({left})(?:{short})|{distinct})[A-Za-z0-9_-]*"


@lru_cache(maxsize=16)
def _compiled(prefixes: tuple[str, ...]) -> tuple[re.Pattern[str], tuple[tuple[re.Pattern[str], str], ...]]:
    # ASCII, for RE2's \b knows no other words.
    compiled = tuple((re.compile(pattern, re.ASCII), replacement) for pattern, replacement in steps(prefixes))
    return re.compile(look(prefixes), re.ASCII), compiled


@lru_cache(maxsize=16)
def _issued(prefixes: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(tokens(prefixes), re.ASCII)
