"""A state in memory, and stores in folders of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from store.handle import Store
from store.state.schema import Base


@pytest.fixture
def state() -> Iterator[Session]:
    """An open transaction of a state in memory."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        yield session
    engine.dispose()


@pytest.fixture
def empty_store(tmp_path: Path) -> Iterator[Store]:
    """A fresh store on disk."""
    opened = Store.open(f"sqlite:///{tmp_path}/state.db", tmp_path / "events")
    yield opened
    opened.close()
