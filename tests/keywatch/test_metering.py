from pathlib import Path

import pytest

from keywatch.collecting.metering import Meter


def told(meter: Meter, shares: list[float]) -> list[float]:
    meter.tell = lambda _path, share, _lines: shares.append(round(share, 3))
    return shares


@pytest.fixture
def meter() -> Meter:
    return Meter(lambda _path, _share, _lines: None)


def test_the_share_of_all_files_is_weighed_by_their_new_bytes(meter: Meter) -> None:
    shares = told(meter, [])
    meter.begin([("/a", 100, 0.0), ("/b", 300, 0.0)])

    for path, share in [("/a", 0.5), ("/a", 1.0), ("/b", 0.5), ("/b", 1.0)]:
        meter(Path(path), share, 0)

    assert shares == [0.125, 0.25, 0.625, 1.0]


def test_what_was_read_before_does_not_count(meter: Meter) -> None:
    shares = told(meter, [])
    meter.begin([("/a", 100, 0.9)])

    for share in (0.9, 0.95, 1.0):
        meter(Path("/a"), share, 0)

    assert shares == [0.0, 0.5, 1.0]


def test_parts_follow_one_another(meter: Meter) -> None:
    shares = told(meter, [])
    for part in range(2):
        meter.begin([("s3://b/a", 10, 0.0)], part=part, parts=2)
        meter(Path("s3://b/a"), 1.0, 0)

    assert shares == [0.5, 1.0]


def test_a_file_of_unknown_size_tells_its_own_share(meter: Meter) -> None:
    shares = told(meter, [])
    meter.begin([("/a", 0, 0.0)])
    meter(Path("/a"), 0.3, 0)

    assert shares == [0.3]
