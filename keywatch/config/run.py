"""The table [run]."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from keywatch.config.section import Section

_LISTEN: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:\[\]]+):(\d{1,5})")
_LAST_PORT: Final = 65535


def _listen(text: str) -> str:
    found = _LISTEN.fullmatch(text)
    if found is None or not 0 <= int(found[2]) <= _LAST_PORT:
        msg = f"{text!r} is no address and port. Write them like 127.0.0.1:9464."
        raise ValueError(msg)
    return text


Listen = Annotated[str, AfterValidator(_listen)]


class RunConfig(Section):
    """What `keywatch run` answers to machines that ask how it fares."""

    listen: Listen | None = Field(
        default=None,
        description="Address and port for /livez, /readyz and /metrics, such as `127.0.0.1:9464`; left out: none.",
    )
    metrics_token: str | None = Field(
        default=None,
        description="Reference to the token that /metrics asks for (`Authorization: Bearer …`); left out: it answers"
        " this machine alone.",
    )
