"""The table [retention]: how long what is kept."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from keywatch.config.section import Section
from model.errors import UsageError
from model.retention import Cuts
from model.window import parse_duration

_LEAST: Final = timedelta(days=35)
"""Detectors look back over four weeks, and late lines come up to a day later."""


def _duration(text: str) -> str:
    try:
        parse_duration(text)
    except UsageError as error:
        raise ValueError(str(error)) from None
    return text


Duration = Annotated[str, AfterValidator(_duration)]


class RetentionConfig(Section):
    """How long what is kept. `keywatch run` and `keywatch store prune` let go what is older."""

    events: Duration | None = Field(
        default=None, description="Events, 35d at least; left out: for ever. When a key was last used stays known."
    )
    counts: Duration | None = Field(
        default=None, description="What usage, charts and reports are made of, as long as events at least."
    )
    rejects: Duration = Field(default="90d", description="Samples of lines that no event could be made of.")
    hours: Duration = Field(default="400d", description="What came of each source in each hour.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        events, counts = (parse_duration(text) if text else None for text in (self.events, self.counts))
        if any(each is not None and each < _LEAST for each in (events, counts)):
            msg = "events and counts must be kept for 35d at least: detectors look back over four weeks"
            raise ValueError(msg)
        if counts is not None and (events is None or events > counts):
            msg = "events cannot outlive counts: set events, and to no more than counts"
            raise ValueError(msg)
        return self

    def cuts(self, now: datetime) -> Cuts:
        """The moments before which things go, as of `now`."""
        named = {"events": self.events, "counts": self.counts, "rejects": self.rejects, "hours": self.hours}
        return Cuts(**{name: now - parse_duration(text) for name, text in named.items() if text is not None})
