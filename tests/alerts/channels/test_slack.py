import dataclasses
import json
from typing import TYPE_CHECKING

import pytest

from alerts.channels.interface import SendError
from alerts.channels.open import open_target
from alerts.channels.slack import SlackChannel, document
from alerts.config import Target
from model.incident import Alert

if TYPE_CHECKING:
    from tests.alerts.conftest import Receiver

NASTY = "agent <!channel> <@U1> <http://evil.example|https://good.example> *bold* {{7*7}} & more"


def test_blocks_hold_the_message_and_nothing_of_a_log_is_markup(receiver: "Receiver", alert: Alert) -> None:
    links = {"links": {"incident": "https://kw.example.com/incidents?incident=i1", "key": None}}
    body = f"{NASTY}\n\nKey: {NASTY}\nOwner: {NASTY}\n\nEvidence:\n- {NASTY}\n+2 more\n\nWhat to do: {NASTY}"
    nasty = dataclasses.replace(alert, title=f"[high] {NASTY}", body=f"{body}\n\nSilence: x", payload=links)
    open_target(Target(name="t", url=f"slack+{receiver.url}")).send(nasty, "kw-1")

    said = json.loads(receiver.requests[0][2])
    assert ["header", "section", "section", "section", "context", "actions", "context"] == [
        block["type"] for block in said["blocks"]
    ]
    texts = [text for block in said["blocks"] for text in (block.get("text"), *block.get("fields", ())) if text]
    assert {"plain_text"} == {text["type"] for text in texts}
    assert "<" not in said["text"].replace("&lt;", "")
    assert said["blocks"][2]["text"]["text"] == f"Evidence:\n• {NASTY}\n+2 more"
    assert "kw-1" in said["blocks"][-1]["elements"][0]["text"]
    assert ["https://kw.example.com/incidents?incident=i1"] == [one["url"] for one in said["blocks"][-2]["elements"]]


def test_a_block_is_never_longer_than_slack_takes(alert: Alert) -> None:
    facts = "\n".join(f"Fact: {'c' * 3000}" for _ in range(20))
    long = dataclasses.replace(alert, title="t" * 400, body="a" * 5000 + "\n\n" + facts + "\n\nmore" * 90)
    said = document(long, "kw-1")

    header, whole, first, fields, *_ = said["blocks"]
    assert [150, 400, 3000] == [len(block["text"]["text"]) for block in (header, whole, first)]
    assert [2000] * 10 == [len(field["text"]) for field in fields["fields"]]
    assert len(said["blocks"]) <= 50


def test_slack_is_told_apart_by_its_host_and_says_how_long_to_wait(receiver: "Receiver", alert: Alert) -> None:
    assert isinstance(open_target(Target(name="t", url="https://hooks.slack.com/services/T/B/x")), SlackChannel)
    receiver.answers = [(429, {"Retry-After": "7"})]

    with pytest.raises(SendError) as caught:
        open_target(Target(name="t", url=f"slack+{receiver.url}")).send(alert, "kw-1")

    assert ("rate_limited", 7.0) == (caught.value.error_class, caught.value.retry_after)
