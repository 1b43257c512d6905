"""How long an object store or file server is waited for.

Their clients try again for minutes, each by rules of its own. A look has other sources to read, and the next one comes
in half a minute: so each word of a server has its time, whatever its client would still do.
"""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import Any, Final, TypeVar

from ingest.sources.wire import Unreachable

T = TypeVar("T")
ANSWER: Final = 15.0
"""Seconds for a word: who you are, a name, one page of a listing."""
PIECE: Final = 30.0
"""Seconds for 8 MiB of an object, which 280 kB/s make."""
_AWAY: Final = frozenset(
    {
        *("ConnectionError", "TimeoutError", "gaierror", "EOFError"),
        *("FSTimeoutError", "HTTPClientError", "ClientConnectionError"),  # fsspec's, botocore's, aiohttp's
        *("ServiceRequestError", "ServiceResponseError", "SSHException"),  # Azure's, paramiko's
    }
)
"""Classes of errors, by their names, that say that a server is not there."""


def within(seconds: float, where: str, call: Callable[..., T], *args: Any, **named: Any) -> T:  # noqa: ANN401
    """What a call gives. Raises what it raises, and Unreachable when that takes longer; it then goes on by itself."""
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(call(*args, **named))
        except BaseException as error:  # noqa: BLE001 (it is raised where it is awaited)
            done.set_exception(error)

    Thread(target=run, name="asking", daemon=True).start()
    try:
        return done.result(seconds)
    except TimeoutError:
        if done.done():
            raise
        msg = f"{where} did not answer within {seconds:g} s."
        raise Unreachable(msg, hint="The next ingest goes on from here.") from None


def is_away(error: BaseException) -> bool:
    """Whether an error of a file system says that the server was not reached, or broke off."""
    return any(kind.__name__ in _AWAY for kind in type(error).__mro__)
