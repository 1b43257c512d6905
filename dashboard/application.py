"""The one process that serves the pages, the login and the probes."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from starlette.middleware import Middleware
from streamlit.starlette import App

from dashboard import probes, views
from dashboard.hands import Hands
from dashboard.passage import Passage
from dashboard.serve import Listening, secrets


def application(listening: Listening, hands: Hands) -> App:
    """Streamlit's application with our routes beside its own, and our checks before both."""
    return App(
        Path(__file__).with_name("main.py"),
        secrets=secrets(listening),
        routes=probes.routes(hands),
        lifespan=_ready,
        middleware=[
            Middleware(
                Passage,
                hosts=frozenset(listening.hosts),
                secure=(listening.link or "").startswith("https://"),
                logins=listening.provider is not None,
            )
        ],
    )


@asynccontextmanager
async def _ready(_: App) -> AsyncIterator[None]:
    """Load every page before anybody asks for one; what was loaded stays, and no collection looks through it again."""
    for page in iter_modules(views.__path__):
        import_module(f"{views.__name__}.{page.name}")
    gc.collect()
    gc.freeze()
    yield
    from dashboard import data

    data.close()
