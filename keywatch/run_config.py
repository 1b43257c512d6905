"""The table [run]."""

from typing import Annotated

from pydantic import Field

from keywatch.section import Section

Listen = Annotated[str, Field(pattern=r"^(\[[0-9a-fA-F:.]+\]|[^\s:\[\]]+):\d{1,5}$")]


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
