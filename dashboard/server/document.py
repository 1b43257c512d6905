"""The HTML document that every page is in: Streamlit's, with our name, style and script in its head.

What a page hands over is drawn when the browser has loaded what draws it; what the document has holds from the first
picture on.
"""

from collections.abc import Sequence
from pathlib import Path
from pkgutil import iter_modules
from typing import Final

import streamlit
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from dashboard import views

_OURS: Final = Path(__file__).parents[1]
_THEIRS: Final = Path(streamlit.__file__).parent / "static" / "index.html"
_TITLE: Final = "<title>Streamlit</title>"
_END: Final = "</head>"


def routes(base: str) -> Sequence[Route]:
    """The addresses of all pages, below `base`, the path of the dashboard without a slash at its end."""
    html = document()

    async def answer(request: Request) -> HTMLResponse:
        del request
        return HTMLResponse(html, headers={"Cache-Control": "no-cache"})

    pages = [page.name for page in iter_modules(views.__path__)]
    return [Route(f"{base}/{page}", answer) for page in ("", *pages)]


def document() -> str:
    """The document as text."""
    style = (_OURS / "style.css").read_text(encoding="utf-8")
    script = (_OURS / "keyboard.js").read_text(encoding="utf-8")
    head = f"<style>\n{style}</style>\n<script>\n{script}</script>\n{_END}"
    return _THEIRS.read_text(encoding="utf-8").replace(_TITLE, "<title>keywatch</title>").replace(_END, head, 1)
