"""A large folder of an object store is listed from where the last listing ended, and late objects are found."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from ingest.sources import listing, ordered
from ingest.sources.ordered import EVERY, MARGIN, Listings, Standing

DAY = 86_400.0


@dataclass
class Bucket:
    """A store in the words of s3fs, or of gcsfs, that counts what it hands out; three names a page."""

    protocol: str = "s3"
    names: dict[str, float] = field(default_factory=dict)
    """Name to when it was written."""
    given: int = 0
    req_kw: dict[str, str] = field(default_factory=dict)

    def put(self, name: str, at: float) -> None:
        self.names[name] = at

    def ls(self, path: str, *, detail: bool) -> list[dict[str, Any]]:
        del detail
        return [self._told(f"{path}/{name}", at) for name, at in sorted(self.names.items())]

    def find(self, path: str, *, detail: bool) -> dict[str, dict[str, Any]]:
        return {one["name"]: one for one in self.ls(path, detail=detail)}

    def call_s3(self, what: str, **asked: Any) -> dict[str, Any]:  # noqa: ANN401 (as s3fs has it)
        assert (what, asked["Bucket"], asked["Prefix"]) == ("list_objects_v2", "logs", "edge/")
        begin = asked.get("ContinuationToken") or asked["StartAfter"].removeprefix("edge/")
        left = sorted(name for name in self.names if name > begin)
        page = [{"Key": f"edge/{n}", "Size": 9, "LastModified": self.names[n]} for n in left[:3]]
        self.given += len(page)
        more = len(left) > 3
        return {"Contents": page, "IsTruncated": more, "NextContinuationToken": left[2] if more else None}

    def call(self, *what: str, **asked: Any) -> dict[str, Any]:  # noqa: ANN401 (as gcsfs has it)
        assert (what, asked["prefix"]) == (("GET", "b/{}/o", "logs"), "edge/")
        begin = asked.get("pageToken") or asked["startOffset"].removeprefix("edge/")
        left = sorted(name for name in self.names if name >= begin)
        page = [{"name": f"edge/{n}", "size": "9", "updated": self.names[n]} for n in left[:3]]
        self.given += len(page)
        return {"items": page} | ({"nextPageToken": left[3]} if len(left) > 3 else {})

    def _told(self, name: str, at: float) -> dict[str, Any]:
        self.given += 1
        return {"name": name, "size": 9, "type": "file", "LastModified": at}

    def unstrip_protocol(self, path: str) -> str:
        return f"{self.protocol}://{path}"


@dataclass
class Looks:
    """Looks at a bucket, of which each goes on from what the one before taught."""

    bucket: Bucket
    pattern: str
    known: dict[str, Standing] = field(default_factory=dict)

    def at(self, now: float) -> list[str]:
        self.bucket.given = 0
        listings = listing.begun(now, self.known)
        found = listing.matching(self.bucket, self.pattern, listings)
        self.known |= listings.learned
        return [one.path.rpartition("/")[2] for one in found]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordered, "PAGE", 5)


@pytest.fixture(params=["s3", "gs"])
def bucket(request: pytest.FixtureRequest) -> Bucket:
    """A day's objects, one in five minutes, called by their time."""
    made = Bucket(protocol=request.param)
    for at in range(0, int(DAY), 300):
        made.put(f"{at:06d}.gz", float(at))
    return made


@pytest.mark.parametrize("pattern", ["logs/edge/*.gz", "logs/edge/**", "logs/edge/"])
def test_only_the_end_of_a_list_in_order_is_asked_for(bucket: Bucket, pattern: str) -> None:
    looks = Looks(bucket, pattern)
    looks.at(DAY)
    looks.at(DAY + EVERY)
    bucket.put("086400.gz", DAY)

    found = looks.at(DAY + EVERY + 30)

    assert "086400.gz" in found
    assert bucket.given == len(found) <= MARGIN / 300 + 2


def test_a_new_folder_is_listed_whole_until_its_order_is_proven(bucket: Bucket) -> None:
    looks = Looks(bucket, "logs/edge/*.gz")

    counts = [len(looks.at(DAY + seconds)) for seconds in range(0, int(EVERY), 60)]

    assert {288} == set(counts)


def test_a_late_object_is_found_by_the_next_whole_listing_and_the_folder_is_then_listed_whole(bucket: Bucket) -> None:
    looks = Looks(bucket, "logs/edge/*.gz")
    looks.at(DAY)
    looks.at(DAY + EVERY)
    bucket.put("000001-late.gz", DAY + EVERY + 10)

    assert "000001-late.gz" not in looks.at(DAY + EVERY + 30)
    assert "000001-late.gz" in looks.at(DAY + 2 * EVERY)
    bucket.put("000002-late.gz", DAY + 2 * EVERY + 10)
    assert "000002-late.gz" in looks.at(DAY + 2 * EVERY + 30)


def test_writers_that_overtake_each_other_by_minutes_are_no_late_ones(bucket: Bucket) -> None:
    looks = Looks(bucket, "logs/edge/*.gz")
    looks.at(DAY)
    looks.at(DAY + EVERY)
    bucket.put("084000-slow.gz", DAY + EVERY + 10)

    assert "084000-slow.gz" in looks.at(DAY + EVERY + 30)
    looks.at(DAY + 2 * EVERY)
    assert len(looks.at(DAY + 2 * EVERY + 30)) < 288


def test_a_folder_of_one_page_and_one_with_folders_are_listed_whole(bucket: Bucket) -> None:
    bucket.names = dict(list(bucket.names.items())[:5])

    listings = listing.begun(DAY)
    listing.matching(bucket, "logs/edge/*.gz", listings)

    assert not listings.learned


def test_a_store_that_lists_from_no_name_is_listed_whole(bucket: Bucket) -> None:
    bucket.protocol = "abfs"
    looks = Looks(bucket, "logs/edge/*.gz")

    assert {288} == {len(looks.at(DAY + n * EVERY)) for n in range(4)}
    assert not looks.known


def test_whole_listings_take_at_most_a_twentieth_of_the_time() -> None:
    one = Standing(after="a", whole_at=0.0, whole_after="a", whole_newest=0.0, took=120.0, late_at=-DAY)

    assert one.is_enough(2399.0)
    assert not one.is_enough(2401.0)
    assert isinstance(listing.begun(0.0), Listings)
