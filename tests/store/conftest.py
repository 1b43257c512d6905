"""A state in memory and one on a server, and stores in folders of their own with either."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from store.handle import Store
from store.state.schema import Base
from tests.postgres import Postgres

ENGINES = ["sqlite", "postgresql"]


@pytest.fixture(scope="session")
def _served(postgres_server: Postgres) -> str:
    """A database with our tables."""
    url = postgres_server.database()
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()
    return url


@pytest.fixture(params=ENGINES)
def state(request: pytest.FixtureRequest) -> Iterator[Session]:
    """An open transaction of an empty state, in memory and on a server."""
    engine = create_engine("sqlite://" if request.param == "sqlite" else request.getfixturevalue("_served"))
    if request.param == "sqlite":
        Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin() as transaction:
        if request.param != "sqlite":  # numbers are not rolled back with the rows that had them
            for name in session.scalars(text("SELECT sequencename FROM pg_sequences")).all():
                session.execute(text(f"ALTER SEQUENCE {name} RESTART"))
        yield session
        transaction.rollback()
    engine.dispose()


@pytest.fixture(params=ENGINES)
def empty_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A fresh store, with its state on disk and on a server."""
    fresh: Callable[[], str] = lambda: request.getfixturevalue("database")  # noqa: E731 (only for one engine)
    url = f"sqlite:///{tmp_path}/state.db" if request.param == "sqlite" else fresh()
    opened = Store.open(url, tmp_path / "events")
    yield opened
    opened.close()
