"""Alert rules and the Grafana dashboard: promtool takes them, and every metric that they name is one of ours."""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml
from programs import CONTRIB, ROOT, run

RULES = CONTRIB / "prometheus" / "keywatch.rules.yml"
CASES = CONTRIB / "prometheus" / "keywatch.rules.test.yml"
NAME = re.compile(r"\b(?:keywatch|process)_[a-z_]+")


def documented() -> set[str]:
    """A test of the metrics holds this table against the program."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8").partition("## Metrics")[2]
    return set(re.findall(r"`((?:keywatch|process)_[a-z_]+)`", page))


def named(text: str) -> set[str]:
    return {name.removesuffix("_bucket") for name in NAME.findall(text)}


def boards() -> Iterator[dict[str, Any]]:
    for path in (CONTRIB / "grafana").glob("*.json"):
        yield json.loads(path.read_text(encoding="utf-8"))


def queries(board: dict[str, Any]) -> list[str]:
    return [target["expr"] for panel in board["panels"] for target in panel["targets"]]


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def test_promtool_takes_the_rules_and_their_cases_hold() -> None:
    checked, tested = run("promtool", "check", "rules", RULES), run("promtool", "test", "rules", CASES)

    assert (0, 0) == (checked.returncode, tested.returncode), checked.stdout + tested.stdout
    assert f"SUCCESS: {len(rules())} rules found" in checked.stdout


def test_promtool_takes_the_scrape_config() -> None:
    done = run("promtool", "check", "config", CONTRIB / "prometheus" / "scrape.yml")

    assert 0 == done.returncode, done.stdout + done.stderr


def test_every_alert_has_a_case_and_says_what_to_do() -> None:
    cases = CASES.read_text()
    for rule in rules():
        assert rule["alert"] in cases, rule["alert"]
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert {"summary", "description"} == set(rule["annotations"])


def test_every_metric_that_a_rule_or_the_dashboard_names_is_one_of_ours() -> None:
    used = {name for rule in rules() for name in named(rule["expr"])}
    shown = {name for board in boards() for query in queries(board) for name in named(query)}

    assert used
    assert shown
    assert set() == (used | shown) - documented()


def test_the_dashboard_s_queries_are_promql(tmp_path: Any) -> None:  # noqa: ANN401 (pytest's path)
    """As recording rules: promtool has no command for a lone query of this kind."""
    found = [query for board in boards() for query in queries(board)]
    plain = [query.replace("$__rate_interval", "5m").replace('"$job"', '"keywatch"') for query in found]
    group = {"name": "board", "rules": [{"record": f"q{n}", "expr": query} for n, query in enumerate(plain)]}
    path = tmp_path / "board.yml"
    path.write_text(yaml.safe_dump({"groups": [group]}))

    done = run("promtool", "check", "rules", path)

    assert 0 == done.returncode, done.stdout + done.stderr
    assert f"SUCCESS: {len(plain)} rules found" in done.stdout


def test_panels_of_the_dashboard_do_not_lie_on_each_other() -> None:
    for board in boards():
        taken: set[tuple[int, int]] = set()
        for panel in board["panels"]:
            at = panel["gridPos"]
            cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
            assert not cells & taken, panel["title"]
            assert at["x"] + at["w"] <= 24
            taken |= cells
        ids = [panel["id"] for panel in board["panels"]]
        assert len(set(ids)) == len(ids)
