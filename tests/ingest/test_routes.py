import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.routes import OVERFLOW, Cap, is_identifier, route_sql
from ingest.templates import Templates, load
from model.errors import ConfigError


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as connection:
        yield connection


def route(duck: duckdb.DuckDBPyConnection, path: str | None) -> str | None:
    found: str | None = duck.execute(f"SELECT {route_sql('x')} FROM (SELECT ?::VARCHAR AS x)", [path]).fetchall()[0][0]
    return found


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (None, None),
        ("", ""),
        ("/", "/"),
        ("/v1/agents", "/v1/agents"),
        ("/v1/agents/4711", "/v1/agents/{id}"),
        ("/v1/agents/4711/", "/v1/agents/{id}/"),
        ("/4711", "/{id}"),
        ("/v1/agents/1/2/3/4/x", "/v1/agents/{id}/{id}/{id}/{id}/x"),
        ("/v1/agents/1/2/3/4", "/v1/agents/{id}/{id}/{id}/{id}"),
        ("/v2/a/550e8400-e29b-41d4-a716-446655440000/b", "/v2/a/{id}/b"),
        ("/v2/a/550E8400-E29B-41D4-A716-446655440000", "/v2/a/{id}"),
        ("/o/01J9Z3NDEKTSV4RRFFQ69G5FAV", "/o/{id}"),
        ("/c/9f86d081884c7d65", "/c/{id}"),
        ("/books/507f1f77bcf86cd799439011/pages", "/books/{id}/pages"),
        ("/customers/cus_NffrFeUfNV2Hib", "/customers/{id}"),
        ("/users/user_123/orders", "/users/{id}/orders"),
        ("/u/ada@example.com/mail", "/u/{id}/mail"),
        ("/u/ada%40example.com", "/u/{id}"),
        ("/reports/2026-10-01", "/reports/{id}"),
        ("/calls/+4930123456", "/calls/{id}"),
        ("/t/k3j5h2g8f9d0", "/t/{id}"),
        ("/t/[redacted]/x", "/t/{id}/x"),
        ("/bot[redacted]/send", "/{id}/send"),
        ("/v1/api2go/x86", "/v1/api2go/x86"),
        ("/apis/apps/v1beta2/deployments", "/apis/apps/v1beta2/deployments"),
        ("/2.0/oauth_v2/base64", "/2.0/oauth_v2/base64"),
        ("/blog/10-tips-for-2026", "/blog/10-tips-for-2026"),
        ("/v1/user_notifications", "/v1/user_notifications"),
        ("/@babel/core", "/@babel/core"),
        ("/v1/getUserByIdOrName", "/v1/getUserByIdOrName"),
        ("relative/7", "relative/{id}"),
    ],
)
def test_identifiers_in_a_path_become_one_route(
    duck: duckdb.DuckDBPyConnection, path: str | None, expected: str | None
) -> None:
    assert expected == route(duck, path)


@given(
    st.lists(
        st.sampled_from(["a", "v1", "7", "4711", "{id}", "", "x_1", "a@b", "deadbeefdeadbeef", "a1b2c3", "%40", "é"]),
        max_size=8,
    )
)
def test_each_segment_is_judged_alone(duck: duckdb.DuckDBPyConnection, segments: list[str]) -> None:
    expected = ["{id}" if is_identifier(segment) else segment for segment in segments]

    assert "/" + "/".join(expected) == route(duck, "/" + "/".join(segments))


OPENAPI = {
    "openapi": "3.1.0",
    "servers": [{"url": "https://{host}/{base}", "variables": {"base": {"default": "v1"}, "host": {"default": "x"}}}],
    "paths": {
        "/agents": {"get": {}, "post": {}},
        "/agents/me": {"get": {}},
        "/agents/{agent}": {"get": {}, "parameters": []},
        "/agents/{agent}:stop": {"post": {}},
        "/files/{name}": {"get": {}},
        "/files/{name}.json": {"get": {}},
        "/years/2026": {"get": {}},
        "/old": {"get": {"servers": [{"url": "/v0"}]}},
    },
}


def declared(tmp_path: Path, text: str, name: str = "routes.txt") -> Templates:
    (tmp_path / name).write_text(text)
    return load(tmp_path / name)


@pytest.mark.parametrize(
    ("method", "generic", "path", "expected"),
    [
        ("GET", "/v1/agents", "/v1/agents", "/v1/agents"),
        ("GET", "/v1/agents/{id}", "/v1/agents/4711", "/v1/agents/{agent}"),
        ("GET", "/v1/agents/acme", "/v1/agents/acme", "/v1/agents/{agent}"),
        ("GET", "/v1/agents/acme/", "/v1/agents/acme/", "/v1/agents/{agent}"),
        ("HEAD", "/v1/agents/acme", "/v1/agents/acme", "/v1/agents/{agent}"),
        ("GET", "/v1/agents/me", "/v1/agents/me", "/v1/agents/me"),
        ("POST", "/v1/agents/acme:stop", "/v1/agents/acme:stop", "/v1/agents/{agent}:stop"),
        ("DELETE", "/v1/agents/{id}", "/v1/agents/4711", "/v1/agents/{id}"),
        ("GET", "/v1/files/a.json", "/v1/files/a.json", "/v1/files/{name}.json"),
        ("GET", "/v1/files/a.xml", "/v1/files/a.xml", "/v1/files/{name}"),
        ("GET", "/v1/years/{id}", "/v1/years/2026", "/v1/years/2026"),
        ("GET", "/v1/years/{id}", "/v1/years/2027", "/v1/years/{id}"),
        ("GET", "/v0/old", "/v0/old", "/v0/old"),
        ("GET", "/agents/{id}", "/agents/4711", "/agents/{id}"),
        (None, "/v1/agents/acme", "/v1/agents/acme", "/v1/agents/acme"),
    ],
)
def test_an_openapi_file_tells_the_routes(
    tmp_path: Path, method: str | None, generic: str, path: str, expected: str
) -> None:
    templates = declared(tmp_path, json.dumps(OPENAPI), "api.json")

    assert [expected] == templates.match([(method, generic, path)])
    assert templates.needs_path


def test_yaml_and_swagger_2_are_read_too(tmp_path: Path) -> None:
    text = "swagger: '2.0'\nbasePath: /v2/\npaths:\n  /agents/{agent}:\n    get: {}\n"

    assert {"/v2/agents/{agent}"} == declared(tmp_path, text, "api.yaml").routes


def test_a_list_of_routes_takes_any_spelling_of_parameters(tmp_path: Path) -> None:
    text = "# ours\nGET /v1/a/{x}\n/v1/b/:name  # any method\n* /v1/c/<int:n>\nGET /v1/files/{path*}\n"
    templates = declared(tmp_path, text)

    assert ["/v1/a/{x}", "/v1/b/{name}", "/v1/c/{n}", "/v1/files/{path*}", "/v1/a/q"] == templates.match(
        [
            ("GET", "/v1/a/q", ""),
            ("PUT", "/v1/b/q", ""),
            ("GET", "/v1/c/{id}", ""),
            ("GET", "/v1/files/x/y/z", ""),
            ("POST", "/v1/a/q", ""),
        ]
    )
    assert not templates.needs_path


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.json", "{", "not JSON"),
        ("a.yaml", "a: [", "not YAML"),
        ("a.json", "{}", "declares no route"),
        ("a.txt", "", "declares no route"),
        ("a.txt", "GET agents", "line 1"),
        ("a.yaml", "!!python/object/apply:os.system ['true']", "not YAML"),
    ],
)
def test_a_routes_file_that_says_nothing_is_an_error(tmp_path: Path, name: str, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        declared(tmp_path, text, name)


def test_a_missing_routes_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "none.json")


def test_a_host_keeps_the_routes_that_came_first_and_the_rest_is_one() -> None:
    cap = Cap(2)

    assert ["/a", "/b", OVERFLOW, "/c"] == cap.admit(
        [("x", "/a", True), ("x", "/b", True), ("x", "/c", True), ("y", "/c", True)]
    )
    assert [OVERFLOW, "/b"] == cap.admit([("x", "/d", True), ("x", "/b", False)])


def test_known_and_declared_routes_are_always_admitted() -> None:
    cap = Cap(2)
    cap.seed([("x", "/a"), ("x", "/b"), ("x", "/c")])
    cap.declare(["/d"])

    assert ["/a", "/c", "/d", OVERFLOW] == cap.admit([("x", r, True) for r in ("/a", "/c", "/d", "/e")])


def test_a_scanner_leaves_room_for_routes_that_succeed() -> None:
    cap = Cap(10)
    scanned = [("x", f"/{n}.php", False) for n in range(1000)]

    found = cap.admit([*scanned, ("x", "/real", True)])
    later = cap.admit([("x", f"/real{n}", True) for n in range(4)])

    assert "/real" == found[-1]
    assert 5 == len(set(found[:-1]))
    assert OVERFLOW not in later


def test_hosts_that_clients_make_up_share_one_set() -> None:
    cap = Cap(2, hosts=2)

    found = cap.admit([(f"h{n}", f"/{n}", True) for n in range(100)])

    assert 5 == len(set(found))
