"""An asker of a server with its credentials; secrets are looked up here and go no further."""

from urllib.parse import unquote, urlsplit, urlunsplit

from ingest.sources.asking import Asker, basic
from ingest.sources.wire import connection
from keywatch.config.places import AuthConfig
from keywatch.config.references import resolve
from keywatch.workspace import Workspace
from model.clock import Clock
from model.errors import ConfigError


def make_asker(
    workspace: Workspace, url: str, auth: AuthConfig, *, allow_private: bool, ca: str | None, clock: Clock, what: str
) -> Asker:
    """Nothing is sent yet; `what` names the table of the credentials. Raises ConfigError."""
    parts = urlsplit(url)
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    pem = None if ca is None else str(workspace.root / ca)
    connection(bare, allow_private=allow_private, ca=pem).close()  # says what is wrong with the URL
    headers = _credentials(workspace, auth, what)
    if parts.username is not None and "Authorization" not in headers:
        headers["Authorization"] = basic(unquote(parts.username), unquote(parts.password or ""))
    return Asker(url=bare, headers=headers, allow_private=allow_private, ca=pem, wall=clock.now)


def header(value: str, *, name: str, what: str) -> str:
    """A value that can stand in a header. Raises ConfigError."""
    if not value.isprintable() or not value.isascii():
        msg = f"{what}: the value of {name} cannot stand in a header."
        raise ConfigError(msg, hint="It is one line of ASCII.")
    return value


def _credentials(workspace: Workspace, auth: AuthConfig, what: str) -> dict[str, str]:
    def secret(reference: str) -> str:
        return resolve(reference, root=workspace.root, what=what)

    headers = {name: secret(reference) for name, reference in auth.headers.items()}
    if auth.bearer is not None:
        headers["Authorization"] = f"Bearer {secret(auth.bearer)}"
    if auth.user is not None and auth.password is not None:
        headers["Authorization"] = basic(secret(auth.user), secret(auth.password))
    return {name: header(value, name=name, what=what) for name, value in headers.items()}
