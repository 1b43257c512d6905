"""The pages say what the detectors do."""

from detectors.engine import load, names
from detectors.pages import page, pages


def test_each_detector_has_a_page_and_the_index_lists_it() -> None:
    written = pages()

    assert {"index.md", "detector-failed.md", *(f"{name}.md" for name in names())} == set(written)
    assert not [name for name in names() if f"({name}.md)" not in written["index.md"]]


def test_a_page_has_facts_words_settings_and_examples() -> None:
    text = page(load("unused-key"))

    for part in ("# unused-key: A key that nobody uses", "45 days", "## False alarms", 'after = "45d"', "[[example]]"):
        assert part in text


def test_the_runbook_is_what_to_do() -> None:
    assert load("burst-then-success").runbook.startswith("Revoke the key now")
