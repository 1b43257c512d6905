from pathlib import Path

from benchmarks.worlds.real import cloudtrail


def test_the_attacked_key_is_the_top_incident_of_the_published_cloudtrail_logs(shared: Path, tmp_path: Path) -> None:
    told = cloudtrail(shared / "logs" / "cloudtrail", tmp_path / "workspace")

    assert told["events_of_the_attacked_key"] > 2_000
    assert told["rank_of_the_attacked_key"] == 1
