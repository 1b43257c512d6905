import io
import json
import logging
import socket
from typing import TYPE_CHECKING

import pytest

from alerts.channels.apprise_log import classify
from alerts.channels.interface import SendError
from alerts.channels.open import open_target
from alerts.config import Target
from model.incident import Alert

if TYPE_CHECKING:
    from tests.alerts.conftest import Receiver


def send(url: str, alert: Alert) -> None:
    open_target(Target(name="t", url=url)).send(alert, "kw-1")


def failure(url: str, alert: Alert) -> tuple[tuple[str, bool, bool], str]:
    with pytest.raises(SendError) as caught:
        send(url, alert)
    error = caught.value
    return (error.error_class, error.permanent, error.ambiguous), str(error)


def json_url(receiver: "Receiver", more: str = "") -> str:
    return f"json://127.0.0.1:{receiver.port}/hooks/tok-3f9a77c1d2?+Authorization=Bearer%20s3cr3t-bearer{more}"


def test_a_json_target_gets_title_and_text_once(receiver: "Receiver", alert: Alert) -> None:
    send(json_url(receiver), alert)

    ((_, headers, body),) = receiver.requests
    assert "Bearer s3cr3t-bearer" == headers["Authorization"]
    assert (alert.title, True) == (json.loads(body)["title"], alert.body in json.loads(body)["message"])


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (429, ("rate_limited", False, False)),
        (500, ("server", False, False)),
        (401, ("auth", True, False)),
        (404, ("bad_request", True, False)),
        (302, ("bad_request", False, False)),
    ],
)
def test_a_status_is_read_from_what_apprise_logs_and_nothing_is_retried(
    receiver: "Receiver", alert: Alert, status: int, expected: tuple[object, ...]
) -> None:
    receiver.answers = [(status, {"Location": "/elsewhere"} if status == 302 else {})]

    known, said = failure(json_url(receiver, "&retry=3&wait=0&redirect=yes"), alert)

    assert expected == known
    assert 1 == len(receiver.requests)
    assert "tok-3f9a77c1d2" not in said
    assert "s3cr3t" not in said


def test_one_that_hangs_or_breaks_off_may_have_it(receiver: "Receiver", alert: Alert) -> None:
    receiver.behaviour = "hang"
    hung, _ = failure(json_url(receiver, "&rto=0.2"), alert)
    receiver.behaviour = "reset"
    broken, _ = failure(json_url(receiver), alert)

    assert ("timeout", False, True) == hung
    assert ("network", False, True) == broken


def test_one_that_is_not_there_has_nothing(alert: Alert) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        http, _ = failure(f"json://127.0.0.1:{port}/", alert)
        smtp, _ = failure(f"mailto://127.0.0.1:{port}?from=a@example.com&to=b@example.com&mode=insecure", alert)

    assert ("network", False, False) == http == smtp


def test_words_in_a_payload_do_not_pass_for_a_reason() -> None:
    entries = [
        ("DEBUG", "JSON Payload: {'message': 'error=401 read timed out'}"),
        ("DEBUG", "Response Details:\r\nb'error=404'"),
        ("WARNING", "Something new went wrong."),
    ]

    known, said = classify(entries)

    assert ("unknown", False) == (known.error_class, known.permanent)
    assert "Something new went wrong." == said


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mailto://127.0.0.1?from=a@example.com&to=b@example.com,c@example.com", "2 recipients"),
        ("mailto://127.0.0.1?from=a@example.com&to=b@example.com&cc=c@example.com", "2 recipients"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#a/#b", "2 recipients"),
        ("json://127.0.0.1/?optional=yes", "optional=yes"),
        ("nosuch://token-9f8e7d6c/x", "no URL that Apprise"),
        ("slack://short", "no URL that Apprise"),
    ],
)
def test_a_url_that_cannot_be_delivered_to_reliably_is_refused(url: str, reason: str) -> None:
    with pytest.raises(SendError, match=reason) as caught:
        open_target(Target(name="t", url=url))

    assert "token-9f8e7d6c" not in str(caught.value)
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in str(caught.value)


def test_nothing_secret_is_logged_even_at_debug(
    receiver: "Receiver", alert: Alert, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.DEBUG)
    receiver.answers = [(500, {})]

    everything = logging.StreamHandler(io.StringIO())
    logging.getLogger().addHandler(everything)

    failure(json_url(receiver), alert)
    logging.getLogger("apprise").warning("POST https://hooks.slack.com/services/T000/B000/XXXXXXXX failed")
    logging.getLogger().removeHandler(everything)

    assert "tok-3f9a77c1d2" not in caplog.text
    assert "s3cr3t-bearer" not in caplog.text
    shown = everything.stream.getvalue()
    assert "POST https://hooks.slack.com/**** failed" in shown
    assert "Failed to send JSON POST notification" in shown
    assert "JSON Payload" not in shown


def test_slack_gets_an_attackers_words_escaped(alert: Alert, monkeypatch: pytest.MonkeyPatch) -> None:
    import requests

    sent = []

    def post(_session: object, *, url: str, **given: object) -> requests.Response:
        sent.append((url, given))
        answer = requests.Response()
        answer.status_code, answer._content = 200, b"ok"
        return answer

    monkeypatch.setattr(requests.Session, "request", post)

    send("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#alerts", alert)

    (_, given), *_ = sent
    said = json.dumps(json.loads(given["data"]))
    assert "&lt;!channel&gt;" in said
    assert "<!channel>" not in said
    assert "<http://evil" not in said
    assert "<script" not in said
    assert "{{7*7}}" in said
    assert "github" not in said
