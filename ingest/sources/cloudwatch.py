"""CloudWatch Logs: the events of a log group, by FilterLogEvents. boto3 signs, and tries again when throttled."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

from ingest import aws
from ingest.sources.patience import within
from ingest.sources.records import Page, Position, Record, as_line, nanoseconds
from model.errors import IngestError
from model.window import Window

_MS: Final = 1_000_000
_ANSWER: Final = 20.0
"""Seconds for a page, what boto3 tries again when throttled among them; it would try a dead server for minutes."""


class Client(Protocol):
    """What is used of boto3's client."""

    def filter_log_events(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 (as boto3 has it)
        """One page."""
        ...


@dataclass(slots=True, kw_only=True)
class Cloudwatch:
    """A log group."""

    client: Client
    group: str
    streams: str | None = None
    filter: str | None = None
    timed: bool = True

    def pages(self, span: Window | None, position: Position) -> Iterator[Page]:
        """The events of a stretch of time; `position` holds the token to go on with, good for a day."""
        if span is None:
            return
        token = position.get("token")
        while True:
            answer = self._ask(span, token)
            if answer is None:  # the token is too old: from the start of the stretch, and ids keep events single
                token = None
                continue
            token = answer.get("nextToken")
            yield Page(records=[_record(event) for event in answer.get("events", ())], position={"token": token})
            if token is None:
                return

    def close(self) -> None:
        """Nothing stays open."""

    def _ask(self, span: Window, token: str | None) -> dict[str, Any] | None:
        arguments: dict[str, Any] = {
            "logGroupName": self.group,
            "startTime": nanoseconds(span.since) // _MS,
            "endTime": nanoseconds(span.until) // _MS - 1,  # it is included
        }
        chosen = {"nextToken": token, "logStreamNamePrefix": self.streams, "filterPattern": self.filter}
        arguments |= {name: value for name, value in chosen.items() if value is not None}
        try:
            return within(_ANSWER, f"CloudWatch Logs ({self.group})", self.client.filter_log_events, **arguments)
        except Exception as error:
            if not aws.is_theirs(error):  # all others are our own mistakes
                raise
            if token is not None and aws.code_of(error) == "InvalidParameterException":
                return None
            msg = f"CloudWatch Logs did not hand out {self.group}: {error}"
            raise IngestError(msg, hint="The next ingest goes on from here.") from None


def client(*, region: str | None, profile: str | None, endpoint: str | None) -> Client:
    """boto3's client, with the credentials that boto3 finds. Raises ConfigError."""
    made: Client = aws.client("logs", region=region, profile=profile, endpoint=endpoint, where="CloudWatch Logs")
    return made


def _record(event: dict[str, Any]) -> Record:
    return Record(id=event["eventId"], line=as_line(event["message"]), at=int(event["timestamp"]) * _MS)
