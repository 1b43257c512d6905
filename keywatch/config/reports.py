"""The table [reports]."""

from datetime import time
from typing import Literal

from pydantic import Field, field_validator

from keywatch.config.section import Section


class ScheduleConfig(Section):
    """A report that `keywatch run` makes by itself, once for each period."""

    every: Literal["week", "month", "quarter"] = Field(description="`week` (from Monday), `month` or `quarter`.")
    at: time = Field(default=time(6, 0), description="When it is made, on the day after the period's end.")
    zone: str = Field(default="UTC", description="The zone of the period and of `at`: `Europe/Berlin`.")
    review: bool = Field(default=False, description="Open it for review instead of only rendering it.")
    to: tuple[str, ...] = Field(
        default=(), description="Targets that are told; empty: those that the routes give for the detector `report`."
    )


class ReportsConfig(Section):
    """Audit reports: what their cover says, who signs them, and when they are made."""

    organisation: str | None = Field(default=None, description="Whose keys they are about; on the cover.")
    classification: str | None = Field(default=None, description="`Confidential`, say; on each page's head.")
    pdf: bool | None = Field(
        default=None, description="Whether report.pdf is made (extra `pdf`); left out: when it is installed."
    )
    signing_key: str = Field(
        default="file:keywatch.signing.pem",
        description="Reference to the Ed25519 key (PEM) that signs them; a file that is not there is made.",
    )
    reminder: str = Field(
        default="7d", description="Between reminders of a review that is still open, in `keywatch run`; `0s`: none."
    )
    schedule: tuple[ScheduleConfig, ...] = ()

    @field_validator("signing_key")
    @classmethod
    def _by_reference(cls, given: str) -> str:
        kind, _, name = given.partition(":")
        if kind not in {"env", "file", "keyring"} or not name:
            msg = "the key itself does not stand here: write env:NAME, file:PATH or keyring:NAME"
            raise ValueError(msg)
        return given
