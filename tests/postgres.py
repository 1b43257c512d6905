"""A PostgreSQL server of our own, on a socket in a folder that goes with it."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, make_url

from store.state.upgrade import upgrade


class Postgres:
    """A server that can be restarted in the middle of everything."""

    def __init__(self, server: str, folder: str, user: dict[str, str]) -> None:
        self._command = [server, "-D", f"{folder}/data", "-c", "listen_addresses=", "-k", folder]
        self._user = user
        self._folder, self._count = folder, 0
        self.url = self.url_of("postgres")
        self._start()

    def url_of(self, name: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql+psycopg://postgres@/{name}?host={self._folder}"

    def execute(self, statement: str) -> None:
        """Outside of any transaction."""
        with psycopg.connect(f"postgresql://postgres@/postgres?host={self._folder}", autocommit=True) as connection:
            connection.execute(statement)

    def database(self, template: str = "template1") -> str:
        """The URL of a new database."""
        self._count += 1
        self.execute(f"CREATE DATABASE d{self._count} TEMPLATE {template} STRATEGY file_copy")
        return self.url_of(f"d{self._count}")

    def _start(self) -> None:
        self._process = subprocess.Popen(self._command, stderr=subprocess.PIPE, **self._user)
        while b"ready to accept connections" not in (line := self._process.stderr.readline()):
            assert line, "PostgreSQL did not start"
        self._drain = threading.Thread(target=self._process.stderr.read)
        self._drain.start()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """SIGQUIT is what `pg_ctl restart -m immediate` sends: nothing is brought to an end."""
        self._process.send_signal(how)
        self._process.wait(20)
        self._drain.join()
        self._process.stderr.close()

    def restart(self) -> None:
        """Stop at once, and start again."""
        self.stop(signal.SIGQUIT)
        self._start()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """A server, or skip where PostgreSQL is not installed (in CI: fail)."""
    path = os.pathsep.join([os.environ["PATH"], *map(str, Path("/usr/lib/postgresql").glob("*/bin"))])
    server, initdb = shutil.which("postgres", path=path), shutil.which("initdb", path=path)
    missing = pytest.fail if os.environ.get("CI") else pytest.skip
    if not (server and initdb):
        missing("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory() as folder:
        user = {"user": "postgres"} if os.geteuid() == 0 else {}
        if user:
            shutil.chown(folder, "postgres")
        command = [initdb, "-D", f"{folder}/data", "-A", "trust", "-U", "postgres", "-N"]
        made = subprocess.run(command, check=False, **user, capture_output=True)
        if made.returncode:
            missing(f"initdb does not run here: {made.stderr.decode()[-200:]}")
        opened = Postgres(server, folder, user)
        yield opened
        opened.stop(signal.SIGQUIT)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Postgres) -> str:
    """The name of a database that has our schema."""
    url = postgres_server.database()
    engine = create_engine(url)
    upgrade(engine)
    engine.dispose()
    return str(make_url(url).database)


@pytest.fixture
def database(postgres_server: Postgres, postgres_template: str) -> str:
    """The URL of a database of the test's own, with our schema and nothing in it."""
    return postgres_server.database(postgres_template)


@pytest.fixture(scope="session")
def postgres(postgres_server: Postgres) -> str:
    """The URL of a server."""
    return postgres_server.url
