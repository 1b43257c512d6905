"""Units, images and the compose file: linted, and the commands that they start are run as they would be."""

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from programs import CONTRIB, ROOT, run

UNITS = sorted((CONTRIB / "systemd").glob("*.service"))
LEAST_EXPOSED = 20
"""Of 100, by `systemd-analyze security`: its scale calls below 2.0 of 10 OK, and a plain service has 9.6."""
COMPOSE = CONTRIB / "docker" / "compose.yaml"


def directives(unit: Path) -> dict[str, list[str]]:
    """Directive to its values, of all sections."""
    found: dict[str, list[str]] = {}
    joined = unit.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in (one for one in joined.splitlines() if "=" in one and not one.startswith("#")):
        name, _, value = line.partition("=")
        found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_may_do_little(unit: Path) -> None:
    done = run("systemd-analyze", "security", "--offline=yes", f"--threshold={LEAST_EXPOSED}", unit)

    assert 0 == done.returncode, done.stdout[-2000:] + done.stderr


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """Their program is where this one is: verify looks whether it is there."""
    program = shutil.which("keywatch", path=str(Path(sys.executable).parent)) or sys.executable
    for path in (CONTRIB / "systemd").iterdir():
        text = path.read_text(encoding="utf-8").replace("/opt/keywatch/bin/keywatch", program)
        (tmp_path / path.name).write_text(text)

    done = run("systemd-analyze", "verify", "--man=no", *sorted(tmp_path.iterdir()))

    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_as_nobody_and_gets_its_pepper_as_a_credential(unit: Path) -> None:
    found = directives(unit)

    assert (["keywatch"], ["0077"], ["0700"]) == tuple(found[name] for name in ("User", "UMask", "StateDirectoryMode"))
    assert ["pepper:/etc/keywatch/pepper"] == found["LoadCredential"]
    assert "KEYWATCH_SECRETS__PEPPER=file:%d/pepper" in found["Environment"]
    assert not re.search(r"(?i)password|token|secret=", unit.read_text().replace("KEYWATCH_SECRETS__PEPPER", ""))


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    done = run("hadolint", CONTRIB / "docker" / "Dockerfile")

    assert (0, "") == (done.returncode, done.stdout)


def test_the_image_has_every_package_and_runs_as_a_user_of_its_own() -> None:
    text = (CONTRIB / "docker" / "Dockerfile").read_text(encoding="utf-8")
    ignored = (CONTRIB / "docker" / "Dockerfile.dockerignore").read_text(encoding="utf-8")
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    for package in packages["packages"]:
        assert f"COPY {package} {package}\n" in text
        assert f"!{package}\n" in ignored
    assert "\nUSER 10001:10001\n" in text
    assert "\nHEALTHCHECK " in text
    assert ":latest" not in text


def test_the_compose_file_is_one_by_its_schema_and_every_service_may_do_little() -> None:
    done = run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE)
    services = yaml.safe_load(COMPOSE.read_text())["services"]

    assert 0 == done.returncode, done.stdout + done.stderr
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert ["ALL"] == service["cap_drop"]
        assert ["no-new-privileges:true"] == service["security_opt"]
        assert not service.get("privileged")
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name
        for value in service.get("environment", {}):
            assert not value.endswith(("PASSWORD", "TOKEN", "PEPPER")), name
        for place in (one for one in service.get("volumes", []) if one.startswith("./")):
            assert (COMPOSE.parent / place.split(":")[0]).is_file(), place


def test_the_secrets_of_the_compose_file_are_made_once_in_a_folder_for_its_owner_alone(tmp_path: Path) -> None:
    script = tmp_path / "secrets.sh"
    shutil.copy(CONTRIB / "docker" / "secrets.sh", script)
    subprocess.run([script], check=True, capture_output=True)
    before = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    subprocess.run([script], check=True, capture_output=True)

    assert {"postgres", "state_url", "pepper"} == set(before)
    assert before == {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert 0o700 == stat.S_IMODE((tmp_path / "secrets").stat().st_mode)
    assert re.fullmatch(r"1:[0-9a-f]{64}", before["pepper"])
    assert before["postgres"] in before["state_url"]


NOBODY = 65534


def interpreter_of_nobody() -> str:
    """A Python of this version that a user without rights may start; skips where there is none."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for program in (sys.executable, shutil.which(name, path="/usr/bin:/usr/local/bin")):
        try:
            if (
                program
                and subprocess.run([program, "-c", ""], user=NOBODY, extra_groups=[], check=False).returncode == 0
            ):
                return program
        except PermissionError:
            continue
    return pytest.skip("every Python here belongs to root's own folder")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that others may enter; pytest closes its own to them whenever one of its processes begins."""
    with tempfile.TemporaryDirectory(prefix="keywatch-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def test_it_runs_for_a_user_of_no_rights_with_its_pepper_elsewhere(open_folder: Path) -> None:
    """As keywatch.service and the image do: the packages alone, another user, a folder of its own, a named pepper."""
    python, packages = interpreter_of_nobody(), open_folder / "packages"
    built = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    for name in built["packages"]:
        shutil.copytree(ROOT / name, packages / name, ignore=shutil.ignore_patterns("__pycache__"))
    home, credentials = open_folder / "home", open_folder / "credentials"
    credentials.mkdir(mode=0o500)
    home.mkdir(mode=0o700)
    paths = os.pathsep.join([str(packages), str(Path(yaml.__file__).parents[1])])
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), "PYTHONPATH": paths}
    keywatch = [python, "-P", "-m", "keywatch"]
    subprocess.run([*keywatch, "init", str(home / "w")], env=environment, check=True, capture_output=True)
    shutil.move(home / "w" / "keywatch.pepper", credentials / "pepper")
    (credentials / "pepper").chmod(0o400)
    log = home / "access.log"
    log.write_text((ROOT / "ingest" / "formats" / "samples" / "combined.log").read_text())
    (home / "w" / "keywatch.toml").write_text(
        f'[run]\nlisten = "127.0.0.1:0"\n[[sources]]\nname = "edge"\npath = "{log}"\n'
    )
    for path in (home, *home.rglob("*"), credentials, credentials / "pepper"):
        os.chown(path, NOBODY, NOBODY)
    service = subprocess.Popen(
        [*keywatch, "-c", str(home / "w" / "keywatch.toml"), "run", "--log-format", "json"],
        env=environment | {"KEYWATCH_SECRETS__PEPPER": f"file:{credentials}/pepper"},
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        umask=0o077,
        cwd=home,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert service.stderr is not None
    with service.stderr as said:
        first = said.readline()
        service.terminate()
        rest = said.read()
        code = service.wait(30)

    assert (0, True) == (code, '"lines": 7' in first), first + rest
    assert [] == [path for path in (home / "w").rglob("*") if path.stat().st_mode & 0o077]
