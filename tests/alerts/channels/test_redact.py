import pytest

from alerts.channels.redact import hide, mask, redact


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:pw@hooks.example.com:8443/services/T0/B0/x?token=abc", "https://hooks.example.com:8443/****"),
        ("https://hooks.example.com", "https://hooks.example.com"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#a", "slack://****"),
        ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", "discord://****"),
        ("mailtos://user:pw@mail.example.com?to=a@example.com", "mailtos://mail.example.com/****"),
        ("jsonl:/var/log/alerts.jsonl", "jsonl:/var/log/alerts.jsonl"),
        ("xoxb-1234-5678", "****"),
        ("https://[::1", "https://****"),
    ],
)
def test_a_mask_shows_where_and_never_how(url: str, shown: str) -> None:
    assert shown == mask(url)


def test_secret_parts_of_a_known_url_are_found_in_any_text() -> None:
    hide("https://bot:hunter2-hunter2@hooks.example.com/svc/tok%2Den-123456?key=val-987654&to=sec@example.com")

    said = redact("401 for tok-en-123456 (hunter2-hunter2, val-987654) of sec@example.com, tok%2Den-123456")

    assert "401 for **** (****, ****) of sec@example.com, ****" == said


def test_urls_and_credentials_that_nobody_named_are_hidden_too() -> None:
    said = redact(
        "GET https://example.org/a/b?sig=1 with Authorization: Bearer abcdef123456, {'authorization': 'Basic eA=='}"
    )

    assert "GET https://example.org/**** with Authorization: ****, {'authorization': '****'}" == said
