import json
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.fingerprint import Pepper
from ingest.inventory.read import read_keys
from ingest.inventory.table import keys
from model.errors import InventoryError
from model.key import Key, KeyStatus

T0 = datetime(2026, 10, 1, tzinfo=UTC)
SECRET = "ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F"
RECORD = {
    "key_id": "k1",
    "name": "billing",
    "environment": "production",
    "owner": "ada@example.com",
    "status": "active",
    "created_at": "2026-07-01T00:00:00Z",
    "expires_at": "never",
    "last_used_at": "2026-09-30",
    "secret": SECRET,
}


def imported(tmp_path: Path, name: str, text: str, **options: object) -> list[Key]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_keys(path, pulled_at=T0, **options)  # type: ignore[arg-type]  # as each test gives them


def csv(*rows: dict[str, str], delimiter: str = ",") -> str:
    return "\n".join(delimiter.join(cells) for cells in [list(rows[0]), *(list(row.values()) for row in rows)]) + "\n"


def test_a_csv_file_becomes_keys(tmp_path: Path, pepper: Pepper) -> None:
    (found,) = imported(tmp_path, "keys.csv", csv(RECORD), pepper=pepper)

    assert found == Key(
        key_id=found.key_id,
        name="billing",
        hint="ac_live_…Pd9F",
        key_refs=(found.key_refs[0], pepper.key_ref(SECRET)),
        owner="ada@example.com",
        environment="production",
        status=KeyStatus.ACTIVE,
        created_at=datetime(2026, 7, 1, tzinfo=UTC),
        source="import",
        source_last_used_at=datetime(2026, 9, 30, tzinfo=UTC),
        pulled_at=T0,
    )
    assert ("k1", "id:k1") == (found.key_id, found.key_refs[0])


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([RECORD]),
        json.dumps({"count": 1, "keys": [RECORD]}),
        json.dumps(RECORD),
        json.dumps(RECORD) + "\n",
        "\ufeff" + json.dumps([RECORD]),
    ],
)
def test_json_of_each_shape_gives_the_same_keys_as_csv(tmp_path: Path, pepper: Pepper, text: str) -> None:
    expected = imported(tmp_path, "keys.csv", csv(RECORD), pepper=pepper)

    assert expected == imported(tmp_path, "keys.json", text, pepper=pepper)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_csv_of_each_dialect_is_read(tmp_path: Path, delimiter: str, ends: str) -> None:
    text = "\ufeff" + csv({"key_id": "k1", "name": '"a b"'}, {"key_id": "k2", "name": ""}, delimiter=delimiter)

    found = imported(tmp_path, "keys.csv", text.replace("\n", ends))

    assert [("k1", "a b"), ("k2", None)] == [(key.key_id, key.name) for key in found]


def test_other_names_of_columns_are_mapped(tmp_path: Path) -> None:
    found = imported(tmp_path, "keys.csv", "Id,Label\nk1,billing\n", columns={"key_id": "Id", "name": "Label"})

    assert [("k1", "billing")] == [(key.key_id, key.name) for key in found]


def test_a_file_without_its_key_column_names_the_ones_it_has(tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match="has no column 'key_id'; its columns are: Id, Label") as caught:
        imported(tmp_path, "keys.csv", "Id,Label\nk1,billing\n")

    assert "--column key_id=" in str(caught.value)


def test_a_secret_without_hash_keys_is_refused_and_not_shown(tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match=r"row 1: it holds a secret; say --hash-keys") as caught:
        imported(tmp_path, "keys.csv", csv(RECORD))

    assert SECRET not in str(caught.value)


def test_the_secret_s_scheme_is_no_part_of_it(tmp_path: Path, pepper: Pepper) -> None:
    (found,) = imported(tmp_path, "keys.csv", f"key_id,secret\nk1,Bearer {SECRET}\n", pepper=pepper)

    assert found.key_refs[1] == pepper.key_ref(SECRET)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (",x", "row 3: it has no key_id"),
        ("k3,noon", "row 3: created_at is 'noon', which is no ISO 8601 time and no epoch"),
        ("k3,inf", "row 3: created_at is 'inf'"),
        ("k3,nan", "row 3: created_at is 'nan'"),
        ("k3,1e300", "row 3: created_at is '1e300'"),
        ("k3,2026-13-01", "row 3: created_at is"),
    ],
)
def test_one_bad_row_imports_nothing_and_is_named(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(InventoryError, match=message) as caught:
        imported(tmp_path, "keys.csv", f"key_id,created_at\nk1,2026-10-01\nk2,\n{row}\n")

    assert "Nothing was imported" in str(caught.value)


def test_a_secret_in_the_wrong_column_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match=r"created_at is '\[redacted\]'") as caught:
        imported(tmp_path, "keys.csv", f"key_id,created_at\nk1,{SECRET}\n")

    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-10-01T02:00:00+02:00", T0),
        ("2026-10-01", T0),
        ("20261001", T0),
        ("1790812800", T0),
        ("1790812800000", T0),
        ("1790812800.0", T0),
        ("", None),
        ("-", None),
        ("never", None),
        ("0", None),
        ("N/A", None),
    ],
)
def test_a_moment_of_each_spelling_is_read(tmp_path: Path, text: str, expected: datetime | None) -> None:
    (found,) = imported(tmp_path, "keys.csv", f"key_id,created_at\nk1,{text}\n")

    assert expected == found.created_at


@pytest.mark.parametrize(
    ("text", "status"),
    [("Active", "active"), ("true", "active"), ("disabled", "inactive"), ("REVOKED", "revoked"), ("odd", "unknown")],
)
def test_a_status_of_each_spelling_is_read(tmp_path: Path, text: str, status: str) -> None:
    (found,) = imported(tmp_path, "keys.csv", f"key_id,status\nk1,{text}\n")

    assert status == found.status


def test_json_keeps_lists_and_truths(tmp_path: Path) -> None:
    record = {"key_id": 17, "scopes": ["read", "write all"], "status": False, "name": None}
    (found,) = imported(tmp_path, "keys.json", json.dumps([record]))

    assert ("17", ("read", "write all"), "inactive", None) == (found.key_id, found.scopes, found.status, found.name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("keys.csv", ""),
        ("keys.csv", "key_id,name\n"),
        ("keys.csv", 'key_id,name\nk1,"' + "x" * 200_000),
        ("keys.json", "[]"),
        ("keys.json", "{"),
        ("keys.json", "[1, 2]"),
        ("keys.json", '"text"'),
        ("keys.xlsx", "x"),
    ],
)
def test_a_file_that_holds_no_inventory_is_refused_in_a_sentence(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(InventoryError) as caught:
        imported(tmp_path, name, text)

    assert caught.value.hint


@pytest.mark.parametrize("name", ["keys.csv", "keys.json"])
def test_a_missing_file_and_one_that_is_no_utf8_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InventoryError, match="cannot be read"):
        read_keys(tmp_path / name, pulled_at=T0)
    (tmp_path / name).write_bytes(b"key_id\n\xff\xfe\n")
    with pytest.raises(InventoryError, match="cannot be read"):
        read_keys(tmp_path / name, pulled_at=T0)


NO_DATES = st.text(st.characters(exclude_categories=["Nd"]), max_size=12) | st.none() | st.booleans()


@given(st.dictionaries(st.sampled_from(sorted(RECORD)), NO_DATES))
def test_any_row_is_a_key_or_refused(row: dict[str, object]) -> None:
    expected = nullcontext() if named_and_dated(row) else pytest.raises(InventoryError, match=r"^f, row 1: ")
    with expected:
        (found,) = keys([row], where="f", source="s", pulled_at=T0, columns={}, pepper=Pepper(b"p"))

        assert found.key_id == str(row["key_id"]).strip()


def named_and_dated(row: dict[str, object]) -> bool:
    """Whether the row has a key_id and no date that is none."""
    blank = {"", "-", "never", "none", "null", "n/a", "na", "no_information"}
    words = {name: str("" if value is None else value).strip().lower() for name, value in row.items()}
    dates = [words.get(name, "") for name in ("created_at", "expires_at", "last_used_at")]
    return words.get("key_id", "") not in blank and all(date in {*blank, "0"} for date in dates)
