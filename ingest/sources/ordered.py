"""Listing a large folder of an object store from where the last listing ended, as far as its names grow with time.

A store lists by name, a thousand a request. Where every new object sorts behind the old ones, only the end of the list
is asked for; a whole listing now and then proves it, and finds what came under an earlier name. A folder in which such
a one came is listed whole each time, until none came for a while.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ingest.sources.patience import ANSWER, within

PAGE: Final = 1000
"""Names that a store gives at once; a folder of no more is listed whole."""
EVERY: Final = 600.0
"""Seconds between whole listings, and without a late object before only the end is listed."""
_SHARE: Final = 20
"""A whole listing is made in one part of so many of the time."""
MARGIN: Final = 3600.0
"""Seconds: so much of what was written last is listed again, for writers that overtake each other."""

Entry = Mapping[str, Any]
"""What a file system tells of one object or folder."""
After = Callable[[Any, str, str, bool], Iterator[Entry]]
"""(file system, folder, a name in it, whether to go deep): what sorts behind that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the listings of one folder taught. Times are seconds since 1970."""

    after: str
    """Objects up to this name are an hour older than the newest; empty: none is."""
    whole_at: float
    """When all was listed."""
    whole_after: str
    """`after`, as it was then."""
    whole_newest: float
    """When the newest object was written that was listed then, by the store's clock."""
    took: float
    """Seconds that it took."""
    late_at: float
    """When an object was found last that sorted before `after`; at first, when the folder was listed first."""

    def is_enough(self, now: float) -> bool:
        """Whether the end of the list will do."""
        proven = now - self.late_at >= EVERY
        return bool(self.after) and proven and now - self.whole_at < max(EVERY, _SHARE * self.took)


@dataclass(slots=True, kw_only=True)
class Listings:
    """The listings of one look."""

    now: float
    known: Mapping[str, Standing] = field(default_factory=dict)
    """By folder."""
    modified: Callable[[Entry], float]
    """When an object was written; 0 where that is not told."""
    learned: dict[str, Standing] = field(default_factory=dict)
    """What holds once all that was listed has been read."""
    is_part: bool = False
    """Whether any listing was not whole."""

    def of(self, fs: Any, folder: str, whole: Callable[[], list[Entry]], *, deep: bool) -> list[Entry]:  # noqa: ANN401
        """What is in a folder (`deep`: at any depth); `whole` lists all of it."""
        after, name = _after(fs), folder + ("/**" if deep else "")
        standing = self.known.get(name)
        if after is not None and standing is not None and standing.is_enough(self.now):
            found = list(after(fs, folder, standing.after, deep))
            self.is_part = True
            self.learned[name] = _further(standing, self._settled(found))
            return found
        began = time.monotonic()
        found = whole()
        if after is not None and len(found) > PAGE and all(one["type"] != "directory" for one in found):
            self.learned[name] = self._anew(standing, found, time.monotonic() - began)
        return found

    def _anew(self, standing: Standing | None, found: list[Entry], took: float) -> Standing:
        late = standing is None or any(
            one["name"] <= standing.whole_after and self.modified(one) > standing.whole_newest for one in found
        )
        settled = self._settled(found)
        return Standing(
            after=settled,
            whole_at=self.now,
            whole_after=settled,
            whole_newest=max(map(self.modified, found)),
            took=took,
            late_at=self.now if late or standing is None else standing.late_at,
        )

    def _settled(self, found: list[Entry]) -> str:
        until = max(map(self.modified, found), default=0.0) - MARGIN
        return max((one["name"] for one in found if 0 < self.modified(one) <= until), default="")


def _further(standing: Standing, settled: str) -> Standing:
    return Standing(
        after=max(standing.after, settled),
        whole_at=standing.whole_at,
        whole_after=standing.whole_after,
        whole_newest=standing.whole_newest,
        took=standing.took,
        late_at=standing.late_at,
    )


def _after(fs: Any) -> After | None:  # noqa: ANN401 (fsspec has no types)
    """How a file system lists what is behind a name; None for those that do not know."""
    protocols = {fs.protocol} if isinstance(fs.protocol, str) else set(fs.protocol)
    return _of_s3 if "s3" in protocols else _of_google if "gs" in protocols else None


def _of_s3(fs: Any, folder: str, name: str, deep: bool) -> Iterator[Entry]:  # noqa: ANN401, FBT001
    bucket, prefix = _split(folder)
    asked = {"Bucket": bucket, "Prefix": prefix, "StartAfter": name.removeprefix(bucket + "/"), **fs.req_kw}
    asked |= {} if deep else {"Delimiter": "/"}
    while True:
        page = within(ANSWER, folder, fs.call_s3, "list_objects_v2", **asked)
        for one in page.get("Contents", ()):
            yield {**one, "name": f"{bucket}/{one['Key']}", "size": one["Size"], "type": "file"}
        for one in page.get("CommonPrefixes", ()):
            yield {"name": f"{bucket}/{one['Prefix'].rstrip('/')}", "size": 0, "type": "directory"}
        if not page.get("IsTruncated"):
            return
        asked["ContinuationToken"] = page["NextContinuationToken"]


def _of_google(fs: Any, folder: str, name: str, deep: bool) -> Iterator[Entry]:  # noqa: ANN401, FBT001
    bucket, prefix = _split(folder)
    asked = {"prefix": prefix, "startOffset": name.removeprefix(bucket + "/"), "maxResults": PAGE}
    asked |= {} if deep else {"delimiter": "/"}
    while True:
        page = within(ANSWER, folder, fs.call, "GET", "b/{}/o", bucket, json_out=True, **asked)
        for one in page.get("items", ()):
            yield {**one, "name": f"{bucket}/{one['name']}", "size": int(one.get("size", 0)), "type": "file"}
        for one in page.get("prefixes", ()):
            yield {"name": f"{bucket}/{one.rstrip('/')}", "size": 0, "type": "directory"}
        if not page.get("nextPageToken"):
            return
        asked["pageToken"] = page["nextPageToken"]


def _split(folder: str) -> tuple[str, str]:
    """The bucket, and the prefix of what lies in the folder."""
    bucket, _, key = folder.strip("/").partition("/")
    return bucket, f"{key}/" if key else ""
