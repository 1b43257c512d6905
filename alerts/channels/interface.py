"""What every channel does, and how it says that it could not."""

from typing import Literal, Protocol

from model.errors import DeliveryError
from model.incident import Alert

ErrorClass = Literal["rate_limited", "auth", "bad_request", "network", "timeout", "server", "unknown"]


class Channel(Protocol):
    """One target, opened; used by one thread at a time."""

    def send(self, alert: Alert, idempotency_key: str) -> None:
        """Hand the alert over; the key stands in the message and is the same for each try.

        Raises SendError when the target did not take it, or may not have.
        """
        ...


class SendError(DeliveryError):
    """A target did not take a message; the text is redacted."""

    def __init__(
        self,
        what: str,
        *,
        error_class: ErrorClass,
        permanent: bool = False,
        retry_after: float | None = None,
        ambiguous: bool = False,
        hint: str | None = None,
    ) -> None:
        super().__init__(what, hint=hint)
        self.error_class: ErrorClass = error_class
        self.permanent = permanent
        """Trying again cannot help: the target says so."""
        self.retry_after = retry_after
        """Seconds that the target asks us to wait, when it says."""
        self.ambiguous = ambiguous
        """The message may have arrived all the same: the target got it and never answered."""
