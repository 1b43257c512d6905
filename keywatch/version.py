"""The version of this program."""

from importlib.metadata import PackageNotFoundError, version


def installed_version() -> str:
    """The version of this program; `0+checkout` where it is not installed."""
    try:
        return version("keywatch")
    except PackageNotFoundError:
        return "0+checkout"
