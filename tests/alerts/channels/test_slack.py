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
    links = {"links": {"incident": "https://kw.example.com/incidents?incident=i1"}}
    nasty = dataclasses.replace(alert, title=NASTY, body=f"{NASTY}\n\nmore {NASTY}", payload=links)
    open_target(Target(name="t", url=f"slack+{receiver.url}")).send(nasty, "kw-1")

    said = json.loads(receiver.requests[0][2])
    assert ["header", "section", "section", "actions"] == [block["type"] for block in said["blocks"]]
    assert {"plain_text"} == {block["text"]["type"] for block in said["blocks"] if "text" in block}
    assert "<" not in said["text"].replace("&lt;", "")
    assert "kw-1" in said["blocks"][2]["text"]["text"]
    assert "https://kw.example.com/incidents?incident=i1" == said["blocks"][3]["elements"][0]["url"]


def test_a_block_is_never_longer_than_slack_takes(alert: Alert) -> None:
    said = document(dataclasses.replace(alert, title="t" * 400, body="a" * 5000 + "\n\n" + "b" * 5000), "kw-1")

    assert [150, 3000, 3000] == [len(block["text"]["text"]) for block in said["blocks"]]


def test_slack_is_told_apart_by_its_host_and_says_how_long_to_wait(receiver: "Receiver", alert: Alert) -> None:
    assert isinstance(open_target(Target(name="t", url="https://hooks.slack.com/services/T/B/x")), SlackChannel)
    receiver.answers = [(429, {"Retry-After": "7"})]

    with pytest.raises(SendError) as caught:
        open_target(Target(name="t", url=f"slack+{receiver.url}")).send(alert, "kw-1")

    assert ("rate_limited", 7.0) == (caught.value.error_class, caught.value.retry_after)
