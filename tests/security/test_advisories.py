"""Known vulnerabilities fail CI unless they are listed with a reason and a date that is not over."""

import importlib.util
from datetime import date
from pathlib import Path
from typing import Any

_PATH = Path(__file__).parents[2] / ".ci" / "advisories.py"
_SPEC = importlib.util.spec_from_file_location("advisories", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
advisories = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(advisories)

TODAY = date(2026, 11, 28)
HOLE = {"id": "GHSA-x", "aliases": ["CVE-1"], "fix_versions": ["2.0"], "description": "…"}


def found(*holes: dict[str, Any]) -> dict[str, Any]:
    skipped = {"name": "ours", "skip_reason": "not there"}
    return {"dependencies": [{"name": "lib", "version": "1.0", "vulns": list(holes)}, skipped]}


def listed(until: date, name: str = "GHSA-x") -> dict[str, Any]:
    return {"advisory": [{"id": name, "reason": "never called", "until": until}]}


def test_where_all_is_well_it_says_how_much_was_looked_up() -> None:
    assert (0, ["advisories: 1 packages looked up, 1 unknown there."]) == advisories.judged(found(), {}, TODAY)


def test_a_hole_that_nobody_listed_fails() -> None:
    code, said = advisories.judged(found(HOLE), {}, TODAY)

    assert (1, True) == (code, "lib 1.0: GHSA-x, mended in 2.0." in said[-1])


def test_a_listed_hole_passes_until_its_day_by_any_of_its_names() -> None:
    assert 0 == advisories.judged(found(HOLE), listed(TODAY), TODAY)[0]
    assert 0 == advisories.judged(found(HOLE), listed(TODAY, "CVE-1"), TODAY)[0]
    assert 1 == advisories.judged(found(HOLE), listed(date(2026, 11, 27)), TODAY)[0]


def test_without_the_database_nothing_fails_and_it_is_said() -> None:
    for nothing in ({"dependencies": []}, {"dependencies": [{"name": "lib", "skip_reason": "no network"}]}):
        code, said = advisories.judged(nothing, {}, TODAY)
        assert (0, True) == (code, "cannot be reached" in said[0])
