"""The document that every page is in: Streamlit's, and in it what holds from the first picture on."""

import re
import warnings

import pytest
from starlette.applications import Starlette

from dashboard.server import document

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have a successor of httpx, which Streamlit does not bring
    from starlette.testclient import TestClient

PAGES = ("", "incidents", "keys", "alerts", "key", "explore", "reports", "sources", "admin", "no-such-page")


@pytest.mark.parametrize("base", ["", "/watch"])
def test_every_page_has_our_style_and_script_in_streamlits_document(base: str) -> None:
    with TestClient(Starlette(routes=document.routes(base))) as client:
        answers = [client.get(f"{base}/{path}") for path in PAGES]

    for answer in answers:
        head, _, body = answer.text.partition("</head>")
        assert (200, "no-cache") == (answer.status_code, answer.headers["cache-control"])
        assert "<title>keywatch</title>" in head
        assert "<title>Streamlit</title>" not in head
        assert ".stMainBlockContainer {" in head
        assert 'event.key === "Tab"' in head
        assert re.search(r'<script type="module" crossorigin src="\./static/js/index\.', head)
        assert '<div id="root"></div>' in body


@pytest.mark.parametrize("base", ["", "/watch"])
def test_what_is_no_page_is_left_to_streamlit(base: str) -> None:
    others = ("oauth2callback", "_stcore/health", "static/js/index.js", "auth/login", "robots.txt", "keys/2")
    with TestClient(Starlette(routes=document.routes(base))) as client:
        assert {404} == {client.get(f"{base}/{path}").status_code for path in others}
