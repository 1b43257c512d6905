from collections.abc import Callable
from typing import Any

import pytest

Read = Callable[..., Any]


@pytest.mark.parametrize(
    ("status", "outcome", "stored"),
    [
        ("101", "ok", 101),
        ("200", "ok", 200),
        ("304", "ok", 304),
        ("400", "client_error", 400),
        ("401", "unauthenticated", 401),
        ("403", "forbidden", 403),
        ("404", "client_error", 404),
        ("429", "throttled", 429),
        ("499", "client_error", 499),
        ("500", "server_error", 500),
        ("599", "server_error", 599),
        ("600", "unknown", 600),
        ("000", "unknown", None),
        ("-", "unknown", None),
    ],
)
def test_a_status_means_this_outcome(read: Read, status: str, outcome: str, stored: int | None) -> None:
    found = read(f'::1 - - [01/Oct/2026:09:30:00 +0000] "GET / HTTP/1.1" {status} 5 "-" "curl/8"\n')

    assert [(outcome, stored)] == [(e["outcome"], e["status"]) for e in found.events]


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (None, "ok"),
        ("InvalidClientTokenId", "unauthenticated"),
        ("SignatureDoesNotMatch", "unauthenticated"),
        ("AuthFailure", "unauthenticated"),
        ("ExpiredToken", "unauthenticated"),
        ("AccessDenied", "forbidden"),
        ("Client.UnauthorizedOperation", "forbidden"),
        ("OptInRequired", "forbidden"),
        ("ThrottlingException", "throttled"),
        ("TooManyRequestsException", "throttled"),
        ("InternalFailure", "server_error"),
        ("ServiceUnavailable", "server_error"),
        ("NoSuchBucket", "client_error"),
        ("ValidationException", "client_error"),
    ],
)
def test_a_cloudtrail_error_code_means_this_outcome(read: Read, code: str | None, outcome: str) -> None:
    error = f',"errorCode":"{code}"' if code else ""
    text = (
        '{"eventVersion":"1.08","eventTime":"2026-10-01T09:30:00Z","eventSource":"s3.amazonaws.com",'
        f'"eventName":"GetObject","userIdentity":{{"accessKeyId":"AKIA1"}}{error}}}\n'
    )

    found = read(text)

    assert [(outcome, None)] == [(e["outcome"], e["status"]) for e in found.events]
