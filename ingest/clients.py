"""User agents to clients: product and major version (`python-requests/2`, `Firefox/133`, `Googlebot/2`).

For distinct, already redacted user agents. What is an application on a common library (`MyApp/3 okhttp/4`) counts as
the application, for it is named first; what begins with its runtime (`Python/3.11 aiohttp/3.9`) counts as its library.
"""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote

_LONGEST: Final = 60
_VERSION: Final = r"v?(\d{1,4})(?!\d)"
_FIRST = re.compile(rf"([^\s/();,]{{1,{_LONGEST}}})[^\s/();,]*(?:(?:/| (?=v?\d)){_VERSION})?", re.ASCII)
_RUNTIMES: Final = frozenset({"Python", "Java", "PHP", "Ruby", "Node.js", "node", "Deno", "Bun", "Dalvik", "Erlang"})
_SDK = re.compile(rf"([A-Za-z][\w.-]{{1,40}}/[A-Za-z]\w{{1,20}})[ /]{_VERSION}", re.ASCII)
"""`OpenAI/Python 1.30.1`: an SDK, by product and language."""
_SECOND = re.compile(rf"^\S+ (?:\([^)]*\) )?([A-Za-z][\w.-]{{1,59}})/{_VERSION}", re.ASCII)
_BROWSERS: Final = {
    "HeadlessChrome": "HeadlessChrome",
    "Electron": "Electron",
    "Edg": "Edge",
    "EdgA": "Edge",
    "EdgiOS": "Edge",
    "Edge": "Edge",
    "OPR": "Opera",
    "OPiOS": "Opera",
    "Opera": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "YaBrowser": "Yandex",
    "Vivaldi": "Vivaldi",
    "UCBrowser": "UC Browser",
    "DuckDuckGo": "DuckDuckGo",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Version": "Safari",
    "MSIE": "Internet Explorer",
    "Trident": "Internet Explorer",
}
"""What the agent says to the product, in order of weight: Edge also calls itself Chrome, and Chrome Safari."""
_RANK: Final = {product: rank for rank, product in enumerate(_BROWSERS)}
_PRODUCT = re.compile(rf"\b({'|'.join(sorted(_BROWSERS, key=len, reverse=True))})[/ ](\d{{1,4}})", re.ASCII)
_BOT = re.compile(rf"(?:[Bb]ot|[Cc]rawler|[Ss]pider)(?:-[A-Za-z]{{1,20}})?(?![A-Za-z])(?:/{_VERSION})?", re.ASCII)
_BOTS: Final = ("bot", "Bot", "rawler", "pider")
_WORD_BEFORE = re.compile(r"[\w.-]*\Z", re.ASCII)
_BEFORE: Final = 40
_COMPATIBLE = re.compile(rf"\(compatible; ([A-Za-z][\w.-]{{1,59}})(?:[/ ]{_VERSION})?", re.ASCII)
_TRIDENT: Final = 4
"""Internet Explorer's version is four more than its engine's."""


def clients(agents: Sequence[str | None]) -> list[str | None]:
    """The client of each distinct user agent; null where there is none."""
    return [_client(agent) if agent else None for agent in agents]


def _client(agent: str) -> str | None:
    agent = agent.strip().strip('"')
    if agent in {"", "-"}:
        return None
    if agent.startswith(("Mozilla/", "Opera/")):
        return _browser(agent)
    found = _FIRST.match(agent)
    if found is None:
        return agent[:_LONGEST]
    product, version = found[1], found[2]
    sdk = None if version else _SDK.match(agent)
    if sdk is not None:
        return _named(sdk[1].replace("/", "-"), sdk[2])
    if product in _RUNTIMES:
        library = _SECOND.match(agent)
        if library is not None:
            product, version = library[1], library[2]
    if "%" in product:
        product = unquote(product)
    return _named(product, version)


def _browser(agent: str) -> str:
    found = _BOT.search(agent) if any(word in agent for word in _BOTS) else None
    if found is not None:
        # The word before is looked for from the hit backwards: a pattern that begins with it would try every word.
        before = _WORD_BEFORE.search(agent[max(0, found.start() - _BEFORE) : found.start()])
        return _named((before[0] if before else "") + found[0].partition("/")[0], found[1])
    compatible = _COMPATIBLE.search(agent) if "compatible;" in agent else None
    if compatible is not None and compatible[1] not in _BROWSERS:
        return _named(compatible[1], compatible[2])
    best = min(_PRODUCT.findall(agent), key=lambda found: _RANK[found[0]], default=None)
    if best is None:
        return "Mozilla" if agent.startswith("Mozilla/") else "Opera"
    product, version = best
    if product == "Version" and "Safari" not in agent:
        return "Android Browser" if "Android" in agent else "Mozilla"
    if product == "Trident":
        version = str(int(version) + _TRIDENT)
    return _named(_BROWSERS[product], version)


def _named(product: str, version: str | None) -> str:
    product = product[:_LONGEST] if product.isprintable() else "?"
    return f"{product}/{version}" if version else product
