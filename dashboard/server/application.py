"""The one process that serves the pages, the login and the probes."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Final

from starlette.middleware import Middleware
from streamlit.starlette import App

from dashboard import views
from dashboard.server import document, probes
from dashboard.server.middleware import Passage
from dashboard.server.serve import Listening, base_path, secrets
from dashboard.services import Services

_TIDIED: Final = timedelta(minutes=1)
"""How often freed memory is given back."""


def application(listening: Listening, services: Services) -> App:
    """Streamlit's application with our routes beside its own, and our checks before both."""
    return App(
        Path(__file__).parents[1] / "main.py",
        secrets=secrets(listening),
        routes=[*probes.routes(services), *document.routes(base_path(listening))],
        lifespan=lambda _: _ready(services),
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
async def _ready(services: Services) -> AsyncIterator[None]:
    """Load every page before anybody asks for one; what was loaded stays, and no collection looks through it again."""
    for page in iter_modules(views.__path__):
        import_module(f"{views.__name__}.{page.name}")
    gc.collect()
    gc.freeze()
    tidying = asyncio.create_task(_tidy(services.give_back))
    yield
    tidying.cancel()
    from dashboard.reads import opened

    opened.close()


async def _tidy(give_back: Callable[[], None]) -> None:
    """Now and then give back what was freed: between what is in use it lies in pieces, and grows with every click."""
    while True:
        await asyncio.sleep(_TIDIED.total_seconds())
        await asyncio.to_thread(give_back)
