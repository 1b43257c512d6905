import json
import socket
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.channels.interface import SendError
from alerts.channels.open import open_target
from alerts.channels.webhook import WebhookChannel
from alerts.config import Target
from model.clock import FixedClock
from model.incident import Alert

if TYPE_CHECKING:
    from tests.alerts.conftest import Receiver


def failure(url: str, alert: Alert, clock: FixedClock, timeout: float = 5.0) -> SendError:
    with pytest.raises(SendError) as caught:
        WebhookChannel(url, clock, timeout=timeout).send(alert, "kw-1")
    assert "tok-3f9a77c1d2" not in str(caught.value)
    return caught.value


def told(error: SendError) -> tuple[object, ...]:
    return (error.error_class, error.permanent, error.ambiguous, error.retry_after)


def test_the_document_arrives_as_json_with_the_key_in_body_and_header(
    receiver: "Receiver", alert: Alert, clock: FixedClock
) -> None:
    open_target(Target(name="hook", url=receiver.url), clock).send(alert, "kw-1")

    ((path, headers, body),) = receiver.requests
    said = json.loads(body)
    assert "/hooks/tok-3f9a77c1d2" == path
    assert ("application/json", "kw-1") == (headers["Content-Type"], headers["Idempotency-Key"])
    assert ("keywatch.alert/1", "a1b2", "kw-1", "opened") == tuple(
        said[name] for name in ("schema", "alert_id", "idempotency_key", "kind")
    )
    assert (alert.title, alert.body, alert.payload["key"]) == (said["title"], said["text"], said["key"])


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (500, ("server", False, False, None)),
        (503, ("server", False, False, None)),
        (400, ("bad_request", False, False, None)),
        (401, ("auth", True, False, None)),
        (403, ("auth", True, False, None)),
        (404, ("bad_request", True, False, None)),
        (410, ("bad_request", True, False, None)),
        (408, ("timeout", False, False, None)),
        (302, ("bad_request", False, False, None)),
    ],
)
def test_a_status_says_what_went_wrong_and_whether_it_can_pass(
    receiver: "Receiver", alert: Alert, clock: FixedClock, status: int, expected: tuple[object, ...]
) -> None:
    receiver.answers = [(status, {"Location": receiver.url} if status == 302 else {})]

    assert expected == told(failure(receiver.url, alert, clock))
    assert len(receiver.requests) == 1


def test_retry_after_is_read_as_seconds_and_as_a_date(receiver: "Receiver", alert: Alert, clock: FixedClock) -> None:
    at = clock.now() + timedelta(seconds=90)
    receiver.answers = [
        (429, {"Retry-After": "7"}),
        (503, {"Retry-After": at.strftime("%a, %d %b %Y %H:%M:%S GMT")}),
        (429, {"Retry-After": "soon"}),
    ]

    assert ("rate_limited", False, False, 7.0) == told(failure(receiver.url, alert, clock))
    assert ("server", False, False, 90.0) == told(failure(receiver.url, alert, clock))
    assert ("rate_limited", False, False, None) == told(failure(receiver.url, alert, clock))


def test_a_target_that_never_answers_may_have_it(receiver: "Receiver", alert: Alert, clock: FixedClock) -> None:
    receiver.behaviour = "hang"

    assert ("timeout", False, True, None) == told(failure(receiver.url, alert, clock, timeout=0.2))


def test_a_target_that_breaks_off_may_have_it(receiver: "Receiver", alert: Alert, clock: FixedClock) -> None:
    receiver.behaviour = "reset"

    assert ("network", False, True, None) == told(failure(receiver.url, alert, clock))


def test_a_target_that_is_not_there_has_nothing(alert: Alert, clock: FixedClock) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/tok-3f9a77c1d2"

        assert ("network", False, False, None) == told(failure(url, alert, clock))


def test_a_name_that_does_not_resolve_can_pass(alert: Alert, clock: FixedClock) -> None:
    assert ("network", False, False, None) == told(failure("http://nowhere.invalid/x", alert, clock))


def test_user_and_password_go_into_a_header_and_not_into_the_errors(
    receiver: "Receiver", alert: Alert, clock: FixedClock
) -> None:
    receiver.answers = [(500, {})]

    error = failure(f"http://keywatch:hunter22@127.0.0.1:{receiver.port}/x", alert, clock)

    assert "Basic a2V5d2F0Y2g6aHVudGVyMjI=" == receiver.requests[0][1]["Authorization"]
    assert "hunter22" not in str(error)


def test_a_url_without_a_host_is_refused(clock: FixedClock) -> None:
    with pytest.raises(SendError, match="names no host"):
        WebhookChannel("https:///hooks", clock)
