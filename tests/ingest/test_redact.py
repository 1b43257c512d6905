import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.redact import MARK, redact, redact_sql

TOKENS = {
    "own live": "ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F",
    "own dev": "ac_dev_9fK2mQx7",
    "stripe": "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
    "github": "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "github fine": "github_pat_11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuVwXyZ",
    "gitlab": "glpat-20CharsOfToken-1234",
    "openai": "sk-proj-abc123DEF456ghi789JKL",
    "anthropic": "sk-ant-api03-abcDEF123456-xyz",
    "aws": "AKIAIOSFODNN7EXAMPLE",
    "aws temporary": "ASIAIOSFODNN7EXAMPLE",
    "google": "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY",
    "slack": "xoxb-123456789012-abcdefGHIJKL",
    "sendgrid": "SG.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf09kqeF8tAmbihY",
    "hugging face": "hf_abcdefGHIJKLmnopQRSTuvwx",
    "npm": "npm_abcdefGHIJKLmnopQRSTuvwx1234",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN",
    "long": "Zx81Qw72Er63Ty54Ui45Op36As27",
    "hex": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
}
PLAIN = [
    "/v1/agents/4711/messages",
    "/v1/agents/550e8400-e29b-41d4-a716-446655440000",
    "/disk-usage-report-monthly/2026",
    "/task-management-for-everybody",
    "/risk-assessment-of-the-quarter",
    "/v1/user_notifications",
    "/v1/update_user_notification_settings",
    "/mac_test_environment",
    "/static/main.bundle.min.js",
    "/monkey=1/turkey: 2",
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "2026-10-01T09:30:00+00:00",
]


@pytest.fixture(scope="module")
def in_sql() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:")


def sql_redact(duck: duckdb.DuckDBPyConnection, text: str, prefixes: tuple[str, ...] = ()) -> str:
    return str(duck.execute(f"SELECT {redact_sql('x', prefixes)} FROM (SELECT ? AS x)", [text]).fetchall()[0][0])


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS.keys())
@pytest.mark.parametrize("around", ["{}", "/v1/x/{}/y", "tool/1.0 ({})", "a%20{}&b", 'GET /"{}" \\x22', "x={};"])
def test_a_token_of_each_family_goes(in_sql: duckdb.DuckDBPyConnection, token: str, around: str) -> None:
    text = around.format(token)

    for found in (redact(text), sql_redact(in_sql, text)):
        assert token not in found
        assert token[8:] not in found
        assert MARK in found


@pytest.mark.parametrize("text", PLAIN)
def test_plain_words_uuids_and_ordinary_paths_stay(in_sql: duckdb.DuckDBPyConnection, text: str) -> None:
    assert text == redact(text)
    assert text == sql_redact(in_sql, text)


@pytest.mark.parametrize(
    "text",
    [
        "/x;token=abc12345/y",
        "tool (api_key=abc12345)",
        "x Bearer abc12345",
        "Authorization: Bearer abc12345",
        "a secret: abc12345",
    ],
)
def test_named_credentials_go_from_paths_and_user_agents_too(in_sql: duckdb.DuckDBPyConnection, text: str) -> None:
    found = sql_redact(in_sql, text)

    assert "abc12345" not in found
    assert found == sql_redact(in_sql, found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/x?api_key=abc&y=1", f"/x?api_key={MARK}&y=1"),
        ("/x?X-Api-Token=abc", f"/x?X-Api-Token={MARK}"),
        ("/x?access_token%3Dabc", f"/x?access_token%3D{MARK}"),
        ('{"http_x_api_token":"550e8400-e29b-41d4", "a', f'{{"http_x_api_token":"{MARK}", "a'),
        ('{"authorization": "abc", ', f'{{"authorization": "{MARK}", '),
        ("Authorization: Bearer abcdef123", f"Authorization: {MARK}"),
        ("Basic dXNlcjpwYXNz", MARK),
        ("https://ada:hunter2@example.com/x", f"https://{MARK}@example.com/x"),
        ("password=hunter2 rest", f"password={MARK} rest"),
    ],
)
def test_named_credentials_go_and_their_names_stay(text: str, expected: str) -> None:
    assert redact(text) == expected


def test_known_secrets_and_issued_prefixes_go(in_sql: duckdb.DuckDBPyConnection) -> None:
    assert f"a {MARK} b" == redact("a hunter2 b", secrets=("hunter2", ""))
    assert f"a {MARK} b" == redact("a kx-9a8b b", prefixes=("kx-",))
    assert f"a {MARK} b" == sql_redact(in_sql, "a kx-9a8b b", ("kx-",))


PIECES = st.sampled_from(
    [
        *TOKENS.values(),
        *PLAIN,
        MARK,
        "Bearer ",
        "Basic ",
        "key=",
        "token: ",
        "sk-",
        "://",
        "@",
        "[",
        "]",
        " ",
        "=",
        '": "',
    ]
)


@given(st.lists(PIECES | st.text(max_size=5), max_size=8).map("".join))
def test_redacting_twice_is_redacting_once(text: str) -> None:
    once = redact(text)

    assert once == redact(once)
