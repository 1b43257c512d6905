"""What no line of ours does: hash identifiers without a key, load code from data, make markup of it, start shells."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("alerts", "dashboard", "detectors", "ingest", "keywatch", "model", "reports", "store")
PLAIN_DIGESTS = {
    "ingest/fingerprint.py": "the two halves of an HMAC, which are begun once",
    "ingest/inventory/listing.py": "of a whole record, to see whether a page came twice; held in memory",
    "ingest/sources/content.py": "of a log file's first bytes, to know it again",
    "ingest/sources/files.py": "of a log file's place",
    "ingest/sources/records.py": "of whole records of 16 bytes, to know them again",
}
"""Modules of ingest that hash without a key, and what: neither addresses nor credentials alone."""
FORBIDDEN = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}


def sources() -> Iterator[tuple[str, ast.Module]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


TREES = dict(sources())


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """`a.b.c(…)` as its words."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def found(*names: str) -> set[str]:
    return {where for where, tree in TREES.items() for name, _ in calls(tree) if name in names}


def test_ingest_hashes_without_a_key_only_where_no_identifier_is() -> None:
    """An address or a short key that is hashed without the pepper is guessed within the hour."""
    used = {where for where, tree in TREES.items() for name, _ in calls(tree) if name.startswith("hashlib.")}

    assert set(PLAIN_DIGESTS) == {where for where in used if where.startswith("ingest/")}


def test_data_is_never_loaded_as_code() -> None:
    imported = {
        (where, name)
        for where, tree in TREES.items()
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert set() == {where for where, name in imported if name.partition(".")[0] in FORBIDDEN}
    assert set() == found(
        "eval", "exec", "yaml.load", "yaml.unsafe_load", "yaml.full_load", "pd.read_pickle", "__import__"
    )


def test_no_shell_is_started() -> None:
    assert set() == found("os.system", "os.popen", "subprocess.getoutput")
    for where, tree in TREES.items():
        for _, call in calls(tree):
            assert not any(word.arg == "shell" for word in call.keywords), where


def test_the_dashboard_makes_no_markup_of_data() -> None:
    """Markup that is allowed is a text of ours alone: nothing is put into it."""
    for where, tree in TREES.items():
        for name, call in calls(tree):
            if name in {"st.html", "components.html"} or any(word.arg == "unsafe_allow_html" for word in call.keywords):
                assert not any(isinstance(part, ast.FormattedValue) for part in ast.walk(call)), where


@pytest.mark.parametrize("planted", ["import pickle", "eval(x)", "yaml.load(x)", "os.system(x)"])
def test_the_rules_would_find_what_they_look_for(planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TREES, "planted.py", ast.parse(planted))
    with pytest.raises(AssertionError):
        test_no_shell_is_started() if "system" in planted else test_data_is_never_loaded_as_code()
