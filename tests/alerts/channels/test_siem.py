import hashlib
import hmac
import json
import re
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alerts.channels.interface import SendError
from alerts.channels.open import open_target
from alerts.channels.syslog import message
from alerts.config import Target
from model.clock import FixedClock
from model.incident import Alert
from tests.alerts.conftest import T0

if TYPE_CHECKING:
    from tests.alerts.conftest import Receiver


def test_a_finding_for_a_siem_names_class_activity_severity_and_times(tmp_path: Path, alert: Alert) -> None:
    open_target(Target(name="t", url=f"ocsf+jsonl:{tmp_path}/ocsf.jsonl")).send(alert, "kw-1")

    found = json.loads((tmp_path / "ocsf.jsonl").read_text())
    assert (2004, 200401, 1) == (found["class_uid"], found["type_uid"], found["activity_id"])
    assert int(alert.created_at.timestamp() * 1000) == found["time"]
    assert {"time", "severity_id", "metadata", "finding_info", "category_uid"} <= set(found)
    assert alert.title == found["finding_info"]["title"]


def test_a_signed_request_can_be_verified_and_a_changed_one_not(receiver: "Receiver", alert: Alert) -> None:
    for url in (receiver.url, f"ocsf+{receiver.url}"):
        open_target(Target(name="t", url=url, secret="hush"), FixedClock(T0)).send(alert, "kw-1")

    for _, headers, body in receiver.requests:
        at, mark = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", headers["X-Keywatch-Signature"]).groups()
        assert int(T0.timestamp()) == int(at)
        assert hmac.new(b"hush", at.encode() + b"." + body, hashlib.sha256).hexdigest() == mark
        assert hmac.new(b"hush", at.encode() + b"." + body + b" ", hashlib.sha256).hexdigest() != mark


def test_syslog_arrives_by_udp_and_by_counted_octets(alert: Alert) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
        socket.create_server(("127.0.0.1", 0)) as stream,
    ):
        datagrams.bind(("127.0.0.1", 0))
        datagrams.settimeout(5)
        got: list[bytes] = []

        def read() -> None:
            connection, _ = stream.accept()
            with connection:
                while piece := connection.recv(65536):
                    got.append(piece)

        reader = threading.Thread(target=read)
        reader.start()
        open_target(Target(name="t", url=f"syslog+udp://127.0.0.1:{datagrams.getsockname()[1]}")).send(alert, "kw-1")
        open_target(Target(name="t", url=f"syslog+tcp://127.0.0.1:{stream.getsockname()[1]}")).send(alert, "kw-1")
        reader.join(5)
        by_datagram = datagrams.recv(65536)

    length, _, by_stream = b"".join(got).partition(b" ")
    assert int(length) == len(by_stream)
    for said in (by_datagram, by_stream):
        assert re.match(rb'<8\d>1 \d{4}-\d\d-\d\dT[0-9:.]+Z \S+ keywatch - opened \[keywatch@32473 incident="i1"', said)
        assert b"\xef\xbb\xbf" + alert.title.encode() in said


def test_a_long_or_nasty_message_stays_one_message(alert: Alert) -> None:
    import dataclasses

    said = message(dataclasses.replace(alert, title='a"]\\' + "é" * 3000), 'kw-"]', 2048)

    assert len(said) <= 2048
    assert b'message="kw-\\"\\]"' in said
    assert said.decode().endswith("…")


def test_a_syslog_that_is_not_there_is_said(alert: Alert) -> None:
    with pytest.raises(SendError, match="cannot be reached") as caught:
        open_target(Target(name="t", url="syslog+tcp://127.0.0.1:1")).send(alert, "kw-1")

    assert "network" == caught.value.error_class
