"""The one process that serves the pages, the login and the probes."""

from pathlib import Path

from starlette.middleware import Middleware
from streamlit.starlette import App

from dashboard import probes
from dashboard.hands import Hands
from dashboard.passage import Passage
from dashboard.serve import Listening, secrets


def application(listening: Listening, hands: Hands) -> App:
    """Streamlit's application with our routes beside its own, and our checks before both."""
    return App(
        Path(__file__).with_name("main.py"),
        secrets=secrets(listening),
        routes=probes.routes(hands),
        middleware=[
            Middleware(
                Passage,
                hosts=frozenset(listening.hosts),
                secure=(listening.link or "").startswith("https://"),
                logins=listening.provider is not None,
            )
        ],
    )
