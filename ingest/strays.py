"""Keys where none ought to be: in the path, under a parameter of another name, or in the referer.

Only rows without a credential are looked at, and of these each distinct text once: RE2 tells which could hold one, and
few are taken apart. A token begins a piece of its text, as a known family does, as this company's keys do, or as
`kw_live_…`; and what follows is random, for `pypi-package-index` and `pk-2026-annual-report` are names. A JWT is none:
links in mails hold one each, which no inventory knows; nor is AWS's id of a key, which is no secret.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.cleaned import LOOKED_AT, cut
from ingest.fingerprint import unescaped
from ingest.identity import identify
from ingest.names import KEY_NAME
from ingest.redact import MIXED, begins, tokens
from ingest.treatment import Treatment
from model.arrow import booleans, truths
from model.coded import Coded, Mask, encoded, first, of_texts
from model.event import Flag

_CREDENTIALS: Final = ("secret", "key_id", "also")
_ENVIRONMENT: Final = "_(?:live|test|prod|dev|sandbox|stage|staging)_"
_OF_ENVIRONMENT: Final = f"[A-Za-z]{{1,8}}{_ENVIRONMENT}[A-Za-z0-9_-]{{10,}}"
"""`kw_live_…`: the shape that most issuers took from Stripe."""
_GOES_ON: Final = r"(?:\.[A-Za-z0-9_-]{8,})*"
"""A part behind a dot is the token's, and no file's ending."""
_NEEDLESS: Final = "%(?:2[dDeE]|5[fF]|7[eE]|3[0-9aA]|4[1-9a-fA-F]|5[0-9aA]|6[1-9a-fA-F]|7[0-9aA])"
"""Escapes of letters, digits and what else tokens begin with; clients leave those as they are (RFC 3986, 2.3)."""
_ENDS: Final = re.compile(r"[/?&=;#,|@\s\"'\\]+")
"""Between the pieces of a URL."""
_PARAMETER: Final = re.compile(r"[?&;#]([A-Za-z0-9_.-]{1,60})=([^&#;\s\"']+)")
_RANDOM: Final = re.compile(rf"{MIXED}|(?=(?:[A-Za-z]*[0-9]){{3}})[A-Za-z0-9]{{16,}}")
"""Digits between letters of both cases, or three in a long run."""
_RANDOM_LOOK: Final = "[A-Z%]|[a-z0-9]{16}"
"""Matches wherever _RANDOM could. A look for all families takes six times as long, mostly to compile it."""
_NAMED_LOOK: Final = "(?:[kK][eE][yY]|[tT][oO][kK][eE][nN]|[sS][eE][cC][rR][eE][tT])="
_REFERER_LOOK: Final = f"{_RANDOM_LOOK}|{_NAMED_LOOK}"
_LONGEST: Final = 512
"""Characters of a secret."""
_SHORTEST: Final = 16
"""Characters of what a parameter's name alone makes a key."""


def adopted(rows: pa.Table, good: Mask, raw: Mapping[str, Coded], treatment: Treatment) -> dict[str, Coded]:
    """The columns of the events with what stands in the URL as the `secret` of those that have no credential."""
    idle = _idle(raw)
    if idle is None or "path" not in raw:
        return dict(raw)
    looks, token = (_RANDOM_LOOK, _look(treatment.prefixes)), partial(_token, prefixes=treatment.prefixes)
    queries = _of(rows["target"], good, idle, _RANDOM_LOOK) if "target" in rows.column_names else None
    # The target has the path's token too; it is there where there is a query.
    found = first(*(_tokens_of(each, looks, token) for each in (queries, raw["path"].among(idle)) if each is not None))
    secret = None if found is None else first(raw["secret"], _spread(found, idle))
    return dict(raw) if secret is None else {**raw, "secret": secret}


def in_referers(rows: pa.Table, good: Mask, raw: Mapping[str, Coded], treatment: Treatment) -> Coded | None:
    """The flags of events without a credential whose referer holds a key: KEY_IN_REFERER with its key_ref behind it.

    None where there is none.
    """
    idle = _idle(raw) if "referer" in rows.column_names else None
    if idle is None:
        return None
    referers = _of(rows["referer"], good, idle, _REFERER_LOOK)
    looks = (_REFERER_LOOK, f"{_look(treatment.prefixes)}|{_NAMED_LOOK}")
    asked = partial(_in_referer, prefixes=treatment.prefixes)
    found = None if referers is None else _tokens_of(referers, looks, asked)
    return None if found is None else _spread(found.mapped(_remarks(found.texts(), treatment)), idle)


def _remarks(secrets: Sequence[str], treatment: Treatment) -> list[str | None]:
    """The flag of each; None for what counts by an id, which would stand there as it is."""
    found = treatment.memory.identities.of(secrets, partial(identify, pepper=treatment.pepper))
    own = f"fp:{treatment.pepper.version}:"
    return [f"{Flag.KEY_IN_REFERER}:{ref}" if (ref := each.key_ref or "").startswith(own) else None for each in found]


def _idle(raw: Mapping[str, Coded]) -> Mask | None:
    """The events without a credential; None where all have one, or where no place of secrets is known."""
    if "secret" not in raw:
        return None
    idle: Mask = np.logical_and.reduce([raw[name].codes < 0 for name in _CREDENTIALS if name in raw])
    return idle if idle.any() else None


def _of(column: pa.ChunkedArray, good: Mask, idle: Mask, look: str) -> Coded | None:
    """The column of the idle events; None where they are few and none matches `look`."""
    chosen = good.copy()
    chosen[good] = idle
    if 2 * np.count_nonzero(chosen) > len(chosen):
        # To copy most of the texts takes twice as long as to code all.
        return encoded(column).among(chosen)
    few = column.filter(booleans(chosen)).combine_chunks()
    return encoded(pa.chunked_array([few])) if pc.any(pc.match_substring_regex(few, look)).as_py() else None


def _spread(column: Coded, idle: Mask) -> Coded:
    """A column of the idle events as one of all."""
    codes = np.full(len(idle), -1, dtype=np.int32)
    codes[idle] = column.codes
    return Coded(codes, column.values)


def _tokens_of(column: Coded, looks: Sequence[str], found: Callable[[str], str | None]) -> Coded | None:
    """What is found in each text that all of `looks` match; None where nothing is."""
    values, places = cut(column.values, LOOKED_AT), np.arange(len(column.values))
    for pattern in looks:
        could = truths(pc.match_substring_regex(values, pattern))
        if not could.any():
            return None
        values, places = values.filter(booleans(could)), places[could]
    told = [found(text) for text in values.to_pylist()]
    if not any(told):
        return None
    inner = of_texts(np.arange(len(told), dtype=np.int32), told)
    codes = np.full(len(column.values), -1, dtype=np.int32)
    codes[places] = inner.codes
    return column.within(Coded(codes, inner.values))


def _token(text: str, prefixes: tuple[str, ...]) -> str | None:
    """The first token that begins a piece of a URL, as it stands there."""
    return next((token for piece in _ENDS.split(text) if (token := _begun(piece, prefixes)) is not None), None)


def _begun(piece: str, prefixes: tuple[str, ...]) -> str | None:
    """The token that a piece begins with; the whole piece where escapes belong to it."""
    plain = unescaped(piece)
    found = _issued(prefixes).match(plain)
    if found is None or not _RANDOM.search(plain, *found.span()) or len(plain) > _LONGEST:
        return _token(plain, prefixes) if plain != piece and _ENDS.search(plain) else None
    if piece.startswith(found[0]) and piece[found.end() : found.end() + 1] != "%":
        return found[0]
    return piece


def _in_referer(text: str, prefixes: tuple[str, ...]) -> str | None:
    """The token of a referer, or else the value of a parameter that is called like a key."""
    named = (value for name, value in _PARAMETER.findall(text) if KEY_NAME.fullmatch(name))
    return _token(text, prefixes) or next((v for v in named if _SHORTEST <= len(v) <= _LONGEST), None)


@lru_cache(maxsize=16)
def _issued(prefixes: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?!eyJ|A[KS]IA)(?:{tokens(prefixes, '')}|{_OF_ENVIRONMENT}){_GOES_ON}", re.ASCII)


def _look(prefixes: Sequence[str]) -> str:
    """A pattern for RE2 that matches wherever a token could begin."""
    return f"{begins(prefixes)}|{_ENVIRONMENT}|{_NEEDLESS}"
