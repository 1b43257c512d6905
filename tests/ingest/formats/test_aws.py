"""ALB, classic ELB and S3."""

from collections.abc import Callable
from typing import Any, Protocol

import pytest

from ingest.formats.interface import KeyPlace

Read = Callable[..., Any]


class Found(Protocol):
    events: list[dict[str, Any]]


ALB = (
    "http 2026-10-01T09:30:00.123456Z app/api/50dc 203.0.113.9:40112 192.0.2.10:80 {times} {status} {target} 34 366"
    ' "{request}" "curl/8" - - arn:aws:x "Root=1-5833" "-" "-" 0 2026-10-01T09:30:00Z "forward" "-"\n'
)
S3 = (
    "79a5 exports [01/Oct/2026:09:30:00 +0000] 203.0.113.9 {requester} 3E57 {operation} a/b {request} {status} {error}"
    ' 113 - 7 - "-" "curl/8" - host= SigV4 - AuthHeader exports.s3.example TLSv1.2\n'
)


def alb(
    *, times: str = "0.001 0.002 0.003", status: str = "200", target: str = "200", request: str = "GET http://a/ HTTP/2"
) -> str:
    return ALB.format(times=times, status=status, target=target, request=request)


def s3(
    *,
    requester: str = "-",
    operation: str = "REST.GET.OBJECT",
    request: str = '"GET /a/b HTTP/1.1"',
    status: str = "200",
    error: str = "-",
) -> str:
    return S3.format(requester=requester, operation=operation, request=request, status=status, error=error)


def values(found: Found, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(event[name] for name in names) for event in found.events]


def test_the_balancer_s_own_status_is_the_request_s(read: Read) -> None:
    found = read(alb(status="502", target="401") + alb(status="401", target="200") + alb(status="-", target="-"))

    assert [(502, "server_error"), (401, "unauthenticated"), (None, "unknown")] == values(found, "status", "outcome")


def test_a_request_that_reached_no_target_has_no_duration(read: Read) -> None:
    found = read(alb() + alb(times="-1 -1 -1") + alb(times="0.001 -1 -1"))

    assert [(6.0,), (None,), (None,)] == values(found, "duration_ms")


def test_the_host_is_the_url_s_without_its_port(read: Read) -> None:
    urls = (
        "http://API.example:80/",
        "https://[2001:db8::1]:443/",
        "http://u:p@a.example/x://y",
        "http://b.example?x=1",
    )

    found = read("".join(alb(request=f"GET {url} HTTP/1.1") for url in urls))

    assert [("api.example",), ("[2001:db8::1]",), ("a.example",), ("b.example",)] == values(found, "host")


EDGES: dict[str, tuple[str, dict[str, Any]]] = {
    "E14": ("aws-alb", {"status": 301, "method": "GET", "user_agent": "Hello, world", "duration_ms": None}),
    "E15": ("aws-alb", {"status": 400, "method": None, "path": None, "ip": "113.241.19.90", "duration_ms": None}),
    "E19": ("aws-alb", {"status": 200, "path": "/", "bytes_out": 366, "user_agent": "curl/7.46.0"}),
    "E20": ("aws-alb", {"status": 404, "path": "/%%32%65%%32%65/", "host": "api.example.com"}),
}


@pytest.mark.parametrize("case", list(EDGES))
def test_balancers_lines_at_the_edge(read: Read, edge: Callable[[str], str], case: str) -> None:
    name, expected = EDGES[case]

    found = read(edge(case) + "\n")

    assert (name, [expected]) == (found.format, [{n: event[n] for n in expected} for event in found.events])


def test_a_url_with_a_space_is_kept_whole(read: Read, edge: Callable[[str], str]) -> None:
    path = read(edge("E14") + "\n").events[0]["path"]

    assert "/shell" == path
    assert "/a b/c" == read(alb(request="GET http://a.example:80/a b/c HTTP/1.1")).events[0]["path"]


@pytest.mark.parametrize(
    ("case", "name", "kind"), [("E16", "aws-elb", "tcp"), ("E17", "aws-alb", "tls"), ("E18", "aws-alb", "connection")]
)
def test_lines_without_a_request_are_skipped_by_class(
    read: Read, edge: Callable[[str], str], case: str, name: str, kind: str
) -> None:
    found = read(edge(case) + "\n")

    assert (name, [kind], []) == (found.format, found.classes, found.rejects)


def test_the_file_that_aws_writes_to_try_the_bucket_is_skipped(read: Read) -> None:
    found = read("Enable AccessLog for ELB: app/api/50dc at 2026-10-01T09:30:00.781Z\n")

    assert ([], ["notice"], []) == (found.events, found.classes, found.rejects)


def test_lines_of_other_balancers_stand_among_alb_s(read: Read, edge: Callable[[str], str]) -> None:
    found = read(
        alb() + edge("E17") + "\n" + alb() + edge("E18") + "\n" + "tls is what this is not about\n" + "rubbish\n"
    )

    assert (["tls", "connection", "tls"], [6]) == (found.classes, [at for at, _, _ in found.rejects])


@pytest.mark.parametrize(
    ("requester", "key"),
    [
        ("arn:aws:iam::111122223333:user/ada", "id:arn:aws:iam::111122223333:user/ada"),
        ("arn:aws:sts::111122223333:assumed-role/Reader/i-0abc", "id:arn:aws:sts::111122223333:assumed-role/Reader"),
        ("svc:s3.amazonaws.com", "id:svc:s3.amazonaws.com"),
        ("-", None),
    ],
)
def test_the_requester_is_the_key(read: Read, requester: str, key: str | None) -> None:
    assert [(key,)] == values(read(s3(requester=requester)), "key_ref")


@pytest.mark.parametrize(
    "query",
    [
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAEXAMPLEKEY000001%2F20261001%2Fx%2Fs3%2Faws4_request",
        "AWSAccessKeyId=AKIAEXAMPLEKEY000001&Expires=1&Signature=x",
    ],
)
def test_the_access_key_of_a_presigned_url_comes_before_the_requester(read: Read, query: str) -> None:
    request = f'"GET /a/b?{query} HTTP/1.1"'

    found = read(s3(requester="arn:aws:iam::111122223333:user/ada", request=request))

    assert [("id:AKIAEXAMPLEKEY000001", "/a/b")] == values(found, "key_ref", "path")


def test_a_named_requester_wins_over_the_well_known_places(read: Read) -> None:
    keys = (KeyPlace(name="requester", kind="id"),)
    request = '"GET /a/b?AWSAccessKeyId=AKIAEXAMPLEKEY000001 HTTP/1.1"'

    assert [("id:svc:x",)] == values(read(s3(requester="svc:x", request=request), keys=keys), "key_ref")


@pytest.mark.parametrize(
    ("status", "error", "outcome"),
    [
        ("200", "-", "ok"),
        ("403", "AccessDenied", "forbidden"),
        ("403", "SignatureDoesNotMatch", "unauthenticated"),
        ("403", "InvalidAccessKeyId", "unauthenticated"),
        ("400", "ExpiredToken", "unauthenticated"),
        ("503", "SlowDown", "throttled"),
        ("404", "NoSuchKey", "client_error"),
        ("-", "AccessDenied", "forbidden"),
        ("-", "-", "unknown"),
    ],
)
def test_the_error_code_tells_what_the_status_does_not(read: Read, status: str, error: str, outcome: str) -> None:
    assert [(outcome,)] == values(read(s3(status=status, error=error)), "outcome")


def test_what_s3_did_by_itself_is_skipped_by_class(read: Read) -> None:
    found = read(s3() + s3(operation="S3.EXPIRE.OBJECT", request='"-"', status="-"))

    assert (["lifecycle"], 1) == (found.classes, len(found.events))


def test_without_a_request_the_operation_and_the_object_tell_it(read: Read) -> None:
    names = ("REST.HEAD.OBJECT", "BATCH.DELETE.OBJECT", "REST.COPY.OBJECT_GET")

    found = read("".join(s3(operation=name, request="-") for name in names))

    assert [("HEAD", "/a/b"), ("DELETE", "/a/b"), (None, "/a/b")] == values(found, "method", "path")
