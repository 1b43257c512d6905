"""Where in a workspace a secret lies, if anywhere: in the bytes of its files, and in the text inside its segments."""

from collections.abc import Collection, Iterator
from pathlib import Path

import duckdb


def made(root: Path) -> list[Path]:
    """The files of the workspace, but for its inputs and its pepper."""
    files = [path for path in root.rglob("*") if path.is_file() and path.name != "keywatch.pepper"]
    return [path for path in files if root / "inputs" not in path.parents]


def in_bytes(root: Path, secrets: Collection[str]) -> list[tuple[str, str]]:
    """File and secret, for every secret that stands in the bytes of a file."""
    found = []
    for path in made(root):
        data = path.read_bytes()
        found += [(str(path.relative_to(root)), secret) for secret in secrets if secret.encode() in data]
    return found


def in_segments(root: Path, secrets: Collection[str]) -> list[tuple[str, str, str]]:
    """Parquet file, column and text that holds a secret. Parquet is compressed: its bytes tell little."""
    with duckdb.connect() as duck:
        duck.execute("CREATE TABLE secrets AS SELECT unnest($found) AS secret", {"found": list(secrets)})
        return [leak for path in made(root) if path.suffix == ".parquet" for leak in _in_segment(duck, path)]


def _in_segment(duck: duckdb.DuckDBPyConnection, path: Path) -> Iterator[tuple[str, str, str]]:
    described = duck.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
    names = [name for name, kind, *_ in described if any(word in kind for word in ("VARCHAR", "BLOB", "JSON"))]
    for name in names:
        texts = f'SELECT DISTINCT CAST("{name}" AS VARCHAR) AS text FROM read_parquet(?)'
        query = f"SELECT text FROM ({texts}) JOIN secrets ON contains(text, secret)"
        yield from ((path.name, name, text) for (text,) in duck.execute(query, [str(path)]).fetchall())
