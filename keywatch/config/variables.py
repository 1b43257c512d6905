"""The KEYWATCH_* variables beyond what pydantic does with them: mounted secrets, and names that nothing reads."""

import os
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from pathlib import Path

from model.errors import ConfigError

_SUFFIX = "_file"


def with_mounted(variables: Mapping[str, str | None]) -> dict[str, str | None]:
    """The variables (names in lower case) with what the files hold that `keywatch_x_file` name as `keywatch_x`.

    A `keywatch_x` that is set goes above. Nothing is put into the environment, which programs that we start inherit.
    Raises ConfigError for a file that cannot be read.
    """
    kept = {name: value for name, value in variables.items() if not _names_file(name)}
    files = {name.removesuffix(_SUFFIX): value for name, value in variables.items() if _names_file(name)}
    return {name: _read(name, path) for name, path in files.items() if path and name not in kept} | kept


def _names_file(name: str) -> bool:
    return name.startswith("keywatch_") and name.endswith(_SUFFIX)


def _read(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        msg = f"{name.upper()}_FILE names {path}, which cannot be read: {why}."
        raise ConfigError(msg, hint="Mount the file, or unset the variable.") from None


def refuse_unknown(tables: Collection[str]) -> None:
    """Raise ConfigError for `KEYWATCH_STROE__STATE`, which would be passed over in silence.

    Only names with `__` are looked at: a cluster puts variables such as KEYWATCH_PORT there by itself.
    """
    for name in os.environ:
        table, nested, _ = name.removeprefix("KEYWATCH_").lower().partition("__")
        if name.startswith("KEYWATCH_") and nested and table not in tables:
            near = get_close_matches(table, tables, n=1)
            meant = f" Did you mean KEYWATCH_{near[0].upper()}__…?" if near else ""
            msg = f"The variable {name} sets the table {table!r}, which is unknown.{meant}"
            raise ConfigError(msg, hint=f"The tables are: {', '.join(tables)}.")
