import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.clients import clients


@pytest.mark.parametrize(
    ("agent", "client"),
    [
        ("python-requests/2.32.3", "python-requests/2"),
        ("curl/8.9.1", "curl/8"),
        ("okhttp/4.12.0", "okhttp/4"),
        ("Go-http-client/1.1", "Go-http-client/1"),
        ("PostmanRuntime/7.36.0", "PostmanRuntime/7"),
        ("aws-cli/2.15.30 Python/3.11.8 Linux/5.10 exe/x86_64", "aws-cli/2"),
        ("Faraday v2.7.4", "Faraday/2"),
        ("Python/3.11 aiohttp/3.9.1", "aiohttp/3"),
        ("Java/17.0.1", "Java/17"),
        ("OpenAI/Python 1.30.1", "OpenAI-Python/1"),
        ("My%20App/12 CFNetwork/1410.0.3 Darwin/22.6.0", "My App/12"),
        ("MyApp (Linux)", "MyApp"),
        ("MyApp/20240131 (x)", "MyApp"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
            "Chrome/131",
        ),
        ("Mozilla/5.0 (X11) AppleWebKit/537.36 HeadlessChrome/131.0.0.0 Safari/537.36", "HeadlessChrome/131"),
        ("Mozilla/5.0 (X11) Gecko/20100101 Firefox/133.0", "Firefox/133"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/131.0 Safari/537.36 Edg/132.0", "Edge/132"),
        ("Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1", "Safari/17"),
        ("Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 CriOS/131.0 Mobile Safari/604.1", "Chrome/131"),
        ("Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko", "Internet Explorer/11"),
        ("Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1)", "Internet Explorer/8"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot/2"),
        ("Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://x)", "GPTBot/1"),
        ("Mozilla/5.0 (compatible; Baiduspider/2.0)", "Baiduspider/2"),
        ("Mozilla/5.0 (compatible; Yahoo! Slurp)", "Yahoo"),
        ("Mozilla/4.0 (compatible)", "Mozilla"),
        ("facebookexternalhit/1.1 (+http://x)", "facebookexternalhit/1"),
        ("[redacted]/1", "[redacted]/1"),
        ("() { :;}; echo", "() { :;}; echo"),
        ("", None),
        ("-", None),
        (None, None),
    ],
)
def test_a_user_agent_is_a_client(agent: str | None, client: str | None) -> None:
    assert [client] == clients([agent])


@given(st.lists(st.text(max_size=100) | st.text("Mozila/5.0 (compatible; Bbot)", max_size=100)))
def test_any_user_agent_has_a_short_client_or_none(agents: list[str]) -> None:
    assert all(client is None or 0 < len(client) <= 70 for client in clients(agents))


@pytest.mark.parametrize("piece", ["ot", "bot a", "compatible; ", "Chrome/", "a.", "(", "/1", " v1"])
def test_hostile_agents_take_no_longer_than_others(piece: str) -> None:
    agents = [f"Mozilla/5.0 {n} " + piece * (380 // len(piece)) for n in range(2000)]
    begun = time.process_time()

    clients(agents)

    assert time.process_time() - begun < 0.4
