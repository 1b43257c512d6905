"""A report's alert carries its files to a channel that can, and no other file whatever the payload says."""

import hashlib
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alerts.channels.attachments import LARGEST, attachments
from alerts.channels.open import open_target
from alerts.config import Target
from model.clock import FixedClock
from model.finding import Severity
from model.incident import Alert, AlertKind, IncidentId

if TYPE_CHECKING:
    from tests.alerts.conftest import Mailbox


def alert(folder: Path, files: dict[str, str], kind: AlertKind = "report") -> Alert:
    return Alert(
        id="a",
        incident_id=IncidentId(""),
        kind=kind,
        created_at=datetime(2026, 10, 1, tzinfo=UTC),
        severity=Severity.INFO,
        title="t",
        body="b",
        payload={"report": {"folder": str(folder), "files": files}},
    )


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    for name in ("report.html", "manifest.json", "people.csv"):
        (tmp_path / name).write_text(name)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.iterdir()}


def test_the_files_of_a_report_are_attached_and_the_table_of_people_is_not(
    tmp_path: Path, files: dict[str, str]
) -> None:
    assert [str(tmp_path / name) for name in ("report.html", "manifest.json")] == attachments(alert(tmp_path, files))


def test_a_file_that_was_changed_since_is_not_attached(tmp_path: Path, files: dict[str, str]) -> None:
    (tmp_path / "report.html").write_text("other")

    assert [str(tmp_path / "manifest.json")] == attachments(alert(tmp_path, files))


def test_another_kind_of_alert_attaches_nothing(tmp_path: Path, files: dict[str, str]) -> None:
    assert [] == attachments(alert(tmp_path, files, "opened"))


def test_what_is_too_large_for_mail_stays_behind(tmp_path: Path, files: dict[str, str]) -> None:
    large = b"x" * (LARGEST + 1)
    (tmp_path / "report.html").write_bytes(large)

    found = attachments(alert(tmp_path, files | {"report.html": hashlib.sha256(large).hexdigest()}))

    assert [str(tmp_path / "manifest.json")] == found


def test_a_mail_carries_the_report(tmp_path: Path, files: dict[str, str], mailbox: "Mailbox") -> None:
    target = Target(name="mail", url=mailbox.url("auditor@example.com"))

    open_target(target, FixedClock(datetime(2026, 10, 1, tzinfo=UTC))).send(alert(tmp_path, files), "kw-1")

    mail = message_from_bytes(mailbox.mails[0], policy=policy.default)
    assert ["report.html", "manifest.json"] == [one.get_filename() for one in mail.iter_attachments()]
