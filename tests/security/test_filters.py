"""What people filter by is a value in every question, and never SQL."""

import pytest
from commandline import Cli

QUOTES = (
    "'; DROP TABLE findings; --",
    "' OR '1'='1",
    'x" OR ""="',
    "%' UNION SELECT 1 --",
    "\\'; DELETE FROM keys; --",
)


@pytest.mark.parametrize("text", QUOTES)
def test_a_filter_is_never_read_as_sql(found: Cli, text: str) -> None:
    before = found("store", "status", "--json").json()["state"]["rows"]

    answers = [
        found("usage", "--key", text, "--json"),
        found("findings", "--explain", text, "--json"),
        found("alerts", "list", "--target", text, "--json"),
        found("alerts", "list", "--incident", text, "--json"),
        found("keys", "show", text),
        found("findings", "--status", text),
        found("usage", "--by", text),
    ]

    for done in answers:
        assert done.code in {0, 1, 2}
        assert "syntax" not in done.err.lower()
        assert "Traceback" not in done.err
    assert "billing" not in "".join(done.out for done in answers)
    assert before == found("store", "status", "--json").json()["state"]["rows"]
