"""Clients, by the names that they give themselves."""


def product(client: object) -> str:
    """A client without its version: `curl/8` and `curl/9` are the same."""
    return str(client).partition("/")[0].strip().lower()
