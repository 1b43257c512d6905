"""A thousand made-up secrets of all the families that a log may hold, and lines with each in every place."""

import base64
import json
import random
import string
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

_WORD = string.ascii_letters + string.digits
_UPPER = string.ascii_uppercase + "234567"
MADE_UP = random.Random(20261001)
EACH = 60


def word(length: int, alphabet: str = _WORD) -> str:
    return "".join(MADE_UP.choices(alphabet, k=length))


def _github(prefix: str) -> str:
    """GitHub's tokens end in a checksum."""
    body, rest, made = word(30), 0, ""
    rest = zlib.crc32(body.encode())
    while rest:
        rest, digit = divmod(rest, 62)
        made = _WORD[digit] + made
    return f"{prefix}_{body}{made.rjust(6, '0')}"


def _jwt() -> str:
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": word(12), "jti": word(20)})
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*coded, word(43)])


FAMILIES: dict[str, Callable[[], str]] = {
    "stripe": lambda: f"{MADE_UP.choice(['sk', 'rk'])}_{MADE_UP.choice(['test', 'live', 'prod'])}_{word(24)}",
    "github": lambda: _github(MADE_UP.choice(["ghp", "gho", "ghu", "ghs", "ghr"])),
    "github fine-grained": lambda: f"github_pat_{word(22)}_{word(59)}",
    "anthropic": lambda: f"sk-ant-api03-{word(93)}",
    "openai": lambda: f"sk-proj-{word(48)}",
    "aws": lambda: word(40, _WORD + "+"),
    "google": lambda: f"AIza{word(35)}",
    "slack": lambda: f"xoxb-{word(12, string.digits)}-{word(12, string.digits)}-{word(24)}",
    "sendgrid": lambda: f"SG.{word(22)}.{word(43)}",
    "hugging face": lambda: f"hf_{word(34)}",
    "jwt": _jwt,
    "gitlab": lambda: f"glpat-{word(20)}",
    "our own": lambda: f"ac_live_{word(24)}",
    "declared": lambda: f"acme-{word(20)}",
    "hex": lambda: word(40, "0123456789abcdef"),
    "no family": lambda: word(32),
    "npm": lambda: f"npm_{word(36)}",
}
IDS = [MADE_UP.choice(["AKIA", "ASIA"]) + word(16, _UPPER) for _ in range(EACH)]
"""AWS's access key ids: in a header they are the id of the key, anywhere else they are redacted like secrets."""
CANARIES = [make() for make in FAMILIES.values() for _ in range(EACH)]
"""The last twelve characters of each are its own; a hint shows four of them."""


def records(canaries: Sequence[str] = CANARIES) -> Iterator[dict[str, Any]]:
    """Requests with a canary in each place where a secret is found; the three headers first."""
    for number, canary in enumerate(canaries):
        basic = base64.b64encode(f"user:{canary}".encode()).decode()
        for place in (
            {"http_x_api_token": canary},
            {"http_authorization": f"Bearer {canary}"},
            {"http_authorization": f"Basic {basic}"},
            {"request_uri": f"/v1?api_key={canary}&x=1"},
            {"request_uri": f"/v1?unexpected={canary}"},
            {"request_uri": f"/v1/{canary}/x"},
            {"http_referer": f"https://app.example.com/?sig={canary}"},
            {"http_referer": f"https://user:{canary}@app.example.com/"},
            {"http_user_agent": f"tool/1.0 ({canary})"},
        ):
            yield {
                "id": f"r{number}-{len(place)}-{next(iter(place))}-{hash(str(place)) & 0xFFFFFF}",
                "time_iso8601": "2026-10-01T09:00:30Z",
                "remote_addr": "192.0.2.7",
                "request_method": "GET",
                "status": 200,
                "request_uri": "/v1",
                **place,
            }


def lines(canaries: Sequence[str] = CANARIES) -> Iterator[str]:
    """The same as JSON lines, and broken lines with a canary."""
    yield from (json.dumps(record) for record in records(canaries))
    for canary in canaries:
        yield json.dumps({"time_iso8601": "2026-10-01T09:00:30Z", "http_x_api_token": canary})[:-2]
        yield f'upstream said "{canary}" and went away'


def left(found: bytes, canaries: Sequence[str] = CANARIES) -> list[str]:
    """The canaries that stand in what was found, plain or coded."""
    coded = {canary: base64.b64encode(f"user:{canary}".encode())[-24:-4] for canary in canaries}
    return [canary for canary in canaries if canary[-12:].encode() in found or coded[canary] in found]
