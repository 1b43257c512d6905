"""Who is measured, with which command, and how many lines each says it took."""

import json
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Protocol

from benchmarks.measure import ROOT, run

_GOACCESS_JSON: Final = (
    '{"time_iso8601":"%dT%t+%^","remote_addr":"%h","request_method":"%m","request_uri":"%U","host":"%v","status":"%s",'
    '"body_bytes_sent":"%b","request_length":"%^","request_time":"%T","http_user_agent":"%u","http_referer":"%R",'
    '"http_x_api_token":"%^"}'
)
_CSV: Final = (
    "delim=' ', quote='\"', escape='', header=false, auto_detect=false, ignore_errors=true, "
    "columns={'remote_addr':'VARCHAR','ident':'VARCHAR','who':'VARCHAR','day':'VARCHAR','zone':'VARCHAR',"
    "'request':'VARCHAR','status':'SMALLINT','sent':'BIGINT','referer':'VARCHAR','agent':'VARCHAR'}"
)


class Contender(Protocol):
    """A program that reads an access log."""

    name: str

    def version(self) -> str | None:
        """Its version, or None when it is not installed."""
        ...

    def prepare(self, folder: Path) -> None:
        """Set up what it needs in an empty folder; not measured."""
        ...

    def command(self, log: Path, kind: str, folder: Path) -> list[str]:
        """What is measured; `kind` is json or combined."""
        ...

    def rows(self, folder: Path) -> int:
        """How many lines it took for requests."""
        ...

    def stored(self, folder: Path) -> int | None:
        """Bytes of what it keeps for later questions; None when it keeps nothing."""
        ...


class Keywatch:
    """Ours: parse, fingerprint, redact, store events with their aggregates."""

    name = "keywatch ingest"

    def version(self) -> str | None:
        """From the installed package; a checkout that is not installed runs, too."""
        try:
            return version("keywatch")
        except PackageNotFoundError:
            return "(not installed)" if (ROOT / "keywatch" / "__main__.py").exists() else None

    def prepare(self, folder: Path) -> None:
        """A fresh workspace."""
        run([sys.executable, "-m", "keywatch", "init", str(folder / "workspace")])

    def command(self, log: Path, kind: str, folder: Path) -> list[str]:  # noqa: ARG002 (it finds the format out)
        """One file into that workspace."""
        return [*self._call(folder), "ingest", str(log)]

    def rows(self, folder: Path) -> int:
        """The sum over `keywatch usage`."""
        told = run([*self._call(folder), "usage", "--by", "status", "--since", "2025-06-01T00:00:00Z", "--json"])
        return sum(int(row["requests"]) for row in json.loads(told.output))

    def stored(self, folder: Path) -> int | None:
        """Everything in the workspace: events, aggregates, state."""
        return sum(file.stat().st_size for file in (folder / "workspace").rglob("*") if file.is_file())

    def _call(self, folder: Path) -> list[str]:
        return [sys.executable, "-m", "keywatch", "-c", str(folder / "workspace" / "keywatch.toml")]


class GoAccess:
    """The log analyser in C: parse and count for its fixed panels."""

    name = "GoAccess"

    def version(self) -> str | None:
        """As `goaccess --version` says, in its first line."""
        if not shutil.which("goaccess"):
            return None
        first = run(["goaccess", "--version"]).output.splitlines()[0]
        return first.rpartition(" ")[2].strip(".")

    def prepare(self, folder: Path) -> None:
        """Nothing to set up."""

    def command(self, log: Path, kind: str, folder: Path) -> list[str]:
        """All panels as JSON."""
        shape = ["--log-format=COMBINED"]
        if kind == "json":
            shape = [f"--log-format={_GOACCESS_JSON}", "--date-format=%Y-%m-%d", "--time-format=%H:%M:%S"]
        return ["goaccess", str(log), "--no-global-config", *shape, "-o", str(folder / "out.json"), "--no-progress"]

    def rows(self, folder: Path) -> int:
        """Its own count of valid requests."""
        return int(json.loads((folder / "out.json").read_text())["general"]["valid_requests"])

    def stored(self, folder: Path) -> int | None:  # noqa: ARG002 (it keeps counts, not requests)
        """Nothing to ask later."""
        return None


class DuckDB:
    """The bare minimum: the engine below keywatch copies the columns as they are."""

    name = "DuckDB bare COPY"

    def version(self) -> str | None:
        """From the installed package."""
        return version("duckdb")

    def prepare(self, folder: Path) -> None:
        """Nothing to set up."""

    def command(self, log: Path, kind: str, folder: Path) -> list[str]:
        """Text to Parquet; broken lines are passed over, nothing is parsed further."""
        reader = f"read_csv('{log}', {_CSV})"
        if kind == "json":
            reader = f"read_json('{log}', format='newline_delimited', ignore_errors=true)"
        copy = f"COPY (FROM {reader}) TO '{folder / 'out.parquet'}' (FORMAT parquet, COMPRESSION zstd)"
        return [sys.executable, "-c", "import duckdb, sys; duckdb.connect().execute(sys.argv[1])", copy]

    def rows(self, folder: Path) -> int:
        """Rows with an address: the JSON reader makes an empty row of a broken line."""
        ask = "import duckdb, sys; print(duckdb.connect().execute(sys.argv[1]).fetchone()[0])"
        sql = f"SELECT count(remote_addr) FROM '{folder / 'out.parquet'}'"
        return int(run([sys.executable, "-c", ask, sql]).output)

    def stored(self, folder: Path) -> int | None:
        """The Parquet file."""
        return (folder / "out.parquet").stat().st_size


CONTENDERS: Final[tuple[Contender, ...]] = (Keywatch(), GoAccess(), DuckDB())
