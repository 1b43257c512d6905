"""Clients of AWS, by boto3, which signs, finds credentials, and tries again when throttled."""

from typing import Any, Final

from model.errors import ConfigError

_TRIES: Final = 8
_CONNECT, _READ = 5, 20
"""Seconds; boto3's own are 60 each."""


def client(service: str, *, region: str | None, profile: str | None, endpoint: str | None, where: str) -> Any:  # noqa: ANN401 (boto3 makes its clients at run time)
    """boto3's client, with the credentials that boto3 finds; `where` names the config's table. Raises ConfigError."""
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError:
        msg = f"{where} needs boto3, which is not installed."
        raise ConfigError(msg, hint="pip install 'keywatch[aws]'") from None
    try:
        session = boto3.Session(profile_name=profile, region_name=region)
        retries = {"mode": "standard", "total_max_attempts": _TRIES}
        config = Config(retries=retries, connect_timeout=_CONNECT, read_timeout=_READ)
        return session.client(service, endpoint_url=endpoint, config=config)
    except BotoCoreError as error:
        msg = f"{where} cannot be asked: {error}"
        raise ConfigError(msg, hint="Check its region and profile.") from None


def is_theirs(error: Exception) -> bool:
    """Whether botocore raised it; its classes are only there when boto3 is."""
    return type(error).__module__.partition(".")[0] == "botocore"


def code_of(error: Exception) -> str:
    """AWS's code of an error, or empty."""
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))
