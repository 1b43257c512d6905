"""All formats, and which of them a sample is."""

from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

import ingest.formats
from ingest.formats import envoy_format, log_format, no_text
from ingest.formats.interface import Format, Options
from ingest.redact import beginning, redact
from model.errors import FormatError
from model.plain import plain


def _found() -> dict[str, Format]:
    modules = (import_module(f"ingest.formats.{info.name}") for info in iter_modules(ingest.formats.__path__))
    formats = (module.FORMAT for module in modules if hasattr(module, "FORMAT"))
    return {fmt.name: fmt for fmt in sorted(formats, key=lambda fmt: fmt.name)}


FORMATS: Final[dict[str, Format]] = _found()
"""By name: every module of this folder that has a FORMAT."""

_ENOUGH = 0.3
_MOST = 0.5
_SHOWN = 200
_LOOKED_AT = 2000


def named(name: str) -> Format:
    """The format of that name. Raises FormatError for one we do not have."""
    if name in FORMATS:
        return FORMATS[name]
    from difflib import get_close_matches

    near = get_close_matches(name, FORMATS, n=1)
    msg = f"There is no format {name!r}."
    meant = f"Did you mean {near[0]!r}? " if near else ""
    raise FormatError(msg, hint=f"{meant}The formats are: auto, {', '.join(FORMATS)}.")


def other(sample: Sequence[str], options: Options, *, besides: str) -> Format | None:
    """The format that most of some lines have which the format `besides` cannot read; None for none.

    Formats that need a header, and the one that takes whatever looks like a request, would make events of broken lines.
    """
    able = [fmt for fmt in FORMATS.values() if fmt.directive is None and fmt.name not in {besides, "clf-like", "csv"}]
    best, fmt = max(((fmt.confidence(sample, options), fmt) for fmt in able), key=lambda pair: pair[0])
    return fmt if best >= _MOST else None


def recognise(sample: Sequence[str], options: Options, *, where: str) -> tuple[Format, float]:
    """The format that reads most of the sample, with that share.

    Raises FormatError when none reads a third of it, or it is no text; the message names the formats that were tried
    and shows the first line, redacted.
    """
    no_text.check(sample, where)
    if options.log_format is not None:
        fmt = envoy_format.FORMAT if envoy_format.is_envoy(options.log_format) else log_format.FORMAT
        return fmt, fmt.confidence(sample, options)
    if options.pattern is not None:
        return FORMATS["pattern"], FORMATS["pattern"].confidence(sample, options)
    scored = [(fmt.confidence(sample, options), fmt) for fmt in FORMATS.values()]
    best, fmt = max(scored, key=lambda pair: pair[0])
    if best < _ENOUGH:
        shown = plain(redact(beginning(sample[0], _LOOKED_AT)), _SHOWN) if sample else "(no line)"
        msg = (
            f"No format fits {where}. Tried: {', '.join(f.name for f in FORMATS.values() if f.name != 'log_format')}."
            f"\n  The first line is: {shown}"
        )
        raise FormatError(msg, hint="Name the format, map the fields of JSON lines, or paste the log_format.")
    return fmt, best
