"""What of a source can be wrong before a line is read: format, pattern, pasted log format, fields, proxies, routes."""

from difflib import get_close_matches

from ingest.formats import envoy_format, log_format, spelling
from ingest.formats.interface import RAW_COLUMNS, Format
from ingest.formats.registry import FORMATS, named
from keywatch.collecting.opening import options_of
from keywatch.collecting.treating import treatment
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.errors import ConfigError, FormatError

_AUTO = "auto"


def check_source(workspace: Workspace, source: SourceConfig) -> None:
    """Try what the config says of a source's lines on none of them. Raises ConfigError that names the source."""
    try:
        _check_fields(source)
        fmt = _format(source)
        if fmt is not None:
            fmt.plan([], options_of(source))
        treatment(workspace, source).close()
    except (FormatError, ConfigError) as error:
        msg = f"The source {source.name}: {error.what}"
        raise ConfigError(msg, hint=error.hint) from None


def _format(source: SourceConfig) -> Format | None:
    """The format of the config's own making, if it is one. Raises FormatError for one that contradicts itself."""
    chosen = None if source.format == _AUTO else named(source.format)
    if source.log_format is not None:
        made = envoy_format.FORMAT if envoy_format.is_envoy(source.log_format) else log_format.FORMAT
        if source.pattern is not None:
            msg = "It has a log_format and a pattern, and lines are read by one of them."
            raise FormatError(msg, hint="Leave one of them out.")
        _refuse_two(source, "log_format", (made.name, log_format.FORMAT.name))
        spelling.check(source.log_format)
        return made
    if source.pattern is not None:
        _refuse_two(source, "pattern", ("pattern",))
        return FORMATS["pattern"]
    # These cannot do without what they are made of; all others look at the lines first.
    return chosen if chosen in {envoy_format.FORMAT, log_format.FORMAT, FORMATS["pattern"]} else None


def _refuse_two(source: SourceConfig, given: str, own: tuple[str, ...]) -> None:
    if source.format not in {_AUTO, *own}:
        msg = f"It has a {given} and format = {source.format!r}, and lines are read by one of them."
        raise FormatError(msg, hint=f"Leave out format, or {given}.")


def _check_fields(source: SourceConfig) -> None:
    for column in source.fields:
        if column not in RAW_COLUMNS:
            near = get_close_matches(column, RAW_COLUMNS, n=1)
            meant = f"Did you mean {near[0]!r}? " if near else ""
            msg = f"fields has {column!r}, which is no column of an event."
            raise FormatError(msg, hint=f"{meant}There are: {', '.join(RAW_COLUMNS)}.")
