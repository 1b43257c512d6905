"""Which requests the filters of the Explore page mean, of keys that the inventory knows and that it does not."""

import pytest

from dashboard.controls.filters import Filters
from dashboard.known.portrait import Portrait
from store.queries.matching import Match


def portrait(identity: str, owner: str | None, *refs: str) -> Portrait:
    return Portrait(identity=identity, name=identity, label=identity, status="active", owner=owner, refs=refs)


KNOWN = {
    each.identity: each
    for each in (portrait("one", "ann", "fp:1:a", "fp:1:b"), portrait("two", "bob", "fp:1:c"), portrait("x", None, "x"))
}


@pytest.mark.parametrize(
    ("chosen", "wanted", "unwanted"),
    [
        ({"owner": ("ann",)}, [("fp:1:a", "fp:1:b")], []),
        ({"owner": ("(none)",)}, [], [("fp:1:a", "fp:1:b", "fp:1:c")]),
        ({"owner": ("(none)", "ann")}, [], [("fp:1:c",)]),
        ({"owner": ("(none)",), "keys": ("x", "one")}, [("fp:1:a", "fp:1:b", "x")], [("fp:1:a", "fp:1:b", "fp:1:c")]),
        ({"not": ("owner:ann",)}, [], [("fp:1:a", "fp:1:b")]),
        ({"not": ("owner:(none)",)}, [("fp:1:a", "fp:1:b", "fp:1:c")], []),
        ({"not": ("owner:(none)",), "keys": ("x", "two")}, [("fp:1:c",)], []),
        ({"keys": ("(none)",)}, [(None,)], []),
    ],
)
def test_no_owner_means_all_that_nobody_owns_also_what_no_key_is_known_of(
    chosen: dict[str, tuple[str, ...]], wanted: list[tuple[str, ...]], unwanted: list[tuple[str, ...]]
) -> None:
    expected = Match(wanted=tuple(("key", refs) for refs in wanted), unwanted=tuple(("key", refs) for refs in unwanted))

    assert expected == Filters(chosen).match(KNOWN)
