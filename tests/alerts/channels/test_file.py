import json
import stat
from pathlib import Path

import pytest

from alerts.channels.interface import SendError
from alerts.channels.open import open_target
from alerts.config import Target
from model.incident import Alert


def test_each_alert_is_one_line_that_only_the_owner_may_read(tmp_path: Path, alert: Alert) -> None:
    path = tmp_path / "out" / "alerts.jsonl"
    for url in (f"jsonl:{path}", f"jsonl://{path}"):
        open_target(Target(name="log", url=url)).send(alert, "kw-1")

    lines = path.read_text().splitlines()
    assert 2 == len(lines)
    assert {"kw-1"} == {json.loads(line)["idempotency_key"] for line in lines}
    assert alert.body == json.loads(lines[0])["text"]
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


def test_a_folder_in_its_place_is_an_error_that_stays(tmp_path: Path, alert: Alert) -> None:
    with pytest.raises(SendError, match="Is a directory") as caught:
        open_target(Target(name="log", url=f"jsonl:{tmp_path}")).send(alert, "kw-1")

    assert ("bad_request", True) == (caught.value.error_class, caught.value.permanent)


def test_a_link_is_not_followed(tmp_path: Path, alert: Alert) -> None:
    (tmp_path / "secret").write_text("mine")
    (tmp_path / "alerts.jsonl").symlink_to(tmp_path / "secret")

    with pytest.raises(SendError):
        open_target(Target(name="log", url=f"jsonl:{tmp_path}/alerts.jsonl")).send(alert, "kw-1")
    assert "mine" == (tmp_path / "secret").read_text()


def test_a_full_disk_is_an_error_that_may_pass(alert: Alert) -> None:
    with pytest.raises(SendError, match="No space left") as caught:
        open_target(Target(name="log", url="jsonl:/dev/full")).send(alert, "kw-1")

    assert not caught.value.permanent


@pytest.mark.parametrize("url", ["jsonl:", "jsonl://host/path", "nothing", "", "jsonl:a\nb"])
def test_what_names_no_file_is_refused(url: str) -> None:
    with pytest.raises(SendError):
        open_target(Target(name="log", url=url))
