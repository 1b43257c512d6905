"""An S3 of our own: moto's server, one for all tests of a process."""

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """Its address; a test that needs it is skipped where its packages are missing, but not in CI."""
    if not os.environ.get("CI"):
        pytest.importorskip("s3fs")
        pytest.importorskip("flask_cors")
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()
