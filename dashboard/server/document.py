"""The HTML document that every page is in: Streamlit's, with our name, style and script in its head.

What a page hands over is drawn when the browser has loaded what draws it; what the document has holds from the first
picture on.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import streamlit
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

_OURS: Final = Path(__file__).parents[1]
_THEIRS: Final = Path(streamlit.__file__).parent / "static" / "index.html"
_TITLE: Final = "<title>Streamlit</title>"
_END: Final = "</head>"
_SCRIPTS: Final = ("keyboard.js", "connect.js")


class _Page(StringConvertor):
    """What may be a page's name, whether there is one of it or not: the page itself says that there is none.

    All else that Streamlit answers has more parts or a dot in its name, but for where a login comes back to.
    """

    regex = "(?!oauth2callback$)[^/._][^/.]*"


def routes(base: str) -> Sequence[Route]:
    """The addresses of all pages, below `base`, the path of the dashboard without a slash at its end."""
    register_url_convertor("page", _Page())
    html = document()

    async def answer(request: Request) -> HTMLResponse:
        del request
        return HTMLResponse(html, headers={"Cache-Control": "no-cache"})

    return [Route(f"{base}/", answer), Route(f"{base}/{{page:page}}", answer)]


def document() -> str:
    """The document as text."""
    style = (_OURS / "style.css").read_text(encoding="utf-8")
    script = "\n".join((_OURS / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    head = f"<style>\n{style}</style>\n<script>\n{script}</script>\n{_END}"
    return _THEIRS.read_text(encoding="utf-8").replace(_TITLE, "<title>keywatch</title>").replace(_END, head, 1)
