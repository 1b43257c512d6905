"""Looks for known vulnerabilities in requirements.lock, with pip-audit; writes nothing.

Fails on one that `.ci/advisories.toml` does not list with a reason and a date, and on a listed one whose date is over.
Where the advisory database cannot be reached it says so and goes on: an outage of it is no fault of ours.
"""

import json
import subprocess
import sys
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
_LISTED = _HERE / "advisories.toml"
_SECONDS = 240


def main(lock: Path, program: str) -> int:
    """1 when something has to be done."""
    command = [program, "-r", str(lock), "--no-deps", "--disable-pip", "--progress-spinner", "off", "-f", "json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)  # noqa: S603
        found = json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired, ValueError):
        found = {"dependencies": []}
    code, lines = judged(found, tomllib.loads(_LISTED.read_text(encoding="utf-8")), datetime.now(UTC).date())
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return code


def judged(found: dict[str, Any], listed: dict[str, Any], today: date) -> tuple[int, list[str]]:
    """The exit code, and what to say; `found` is pip-audit's JSON, `listed` the entries `advisory` of ours."""
    asked = [one for one in found["dependencies"] if "skip_reason" not in one]
    if not asked:
        return 0, ["advisories: the database cannot be reached from here; nothing was looked up."]
    known = {one["id"]: one for one in listed.get("advisory", [])}
    lines = [f"advisories: {len(asked)} packages looked up, {len(found['dependencies']) - len(asked)} unknown there."]
    code = 0
    for package in asked:
        for hole in package.get("vulns", []):
            entry = next((known[name] for name in (hole["id"], *hole.get("aliases", [])) if name in known), None)
            name = f"{package['name']} {package['version']}: {hole['id']}"
            mended = ", ".join(hole.get("fix_versions", [])) or "nothing yet"
            if entry is None:
                lines.append(f"{name}, mended in {mended}. Raise it, or list it in .ci/advisories.toml.")
            elif entry["until"] < today:
                lines.append(f"{name}, mended in {mended}. It was put up with until {entry['until']}: look again.")
            else:
                lines.append(f"{name} is put up with until {entry['until']}: {entry['reason']}")
                continue
            code = 1
    return code, lines


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
