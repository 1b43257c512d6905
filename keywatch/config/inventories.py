"""The tables of [inventory]: a class for each kind of place that keys come from.

More than 150 lines, since the config's reference is made from these descriptions, which are read in one piece.
"""

from datetime import timedelta
from difflib import get_close_matches
from typing import Annotated, Literal, TypeVar

from pydantic import BeforeValidator, Field, field_validator, model_validator

from ingest.inventory.columns import COLUMNS
from keywatch.config.exceptions import Moment, Texts
from keywatch.config.places import AuthConfig, Duration, PagesConfig
from keywatch.config.section import Section

_Value = TypeVar("_Value")
_DEFAULTS = ("name", "owner", "team", "environment", "timezone", "labels")


class PlaceOfKeys(Section):
    """What all of them have."""

    name: str | None = Field(default=None, pattern=r"^[^@\s]", description="What it is called; left out: its type.")
    prefix: str = Field(
        default="", description="Stands before the ids of its keys, where two places may use the same ids."
    )
    defaults: dict[str, str | dict[str, str]] = Field(
        default={}, description=f"What its keys have where it does not say: {', '.join(_DEFAULTS)}."
    )
    last_use_since: Moment | None = Field(
        default=None, description="Since when it tells last uses, where you know: a key without one was not used since."
    )
    may_be_empty: bool = Field(
        default=False,
        description="Believe a list without any key, and remove all that were listed; left out: that is a failure.",
    )

    @property
    def called(self) -> str:
        """Its name."""
        return self.name or str(getattr(self, "type", ""))

    @field_validator("defaults")
    @classmethod
    def _known(cls, value: dict[str, str | dict[str, str]]) -> dict[str, str | dict[str, str]]:
        return _of(value, _DEFAULTS, "defaults")


class Mapped(PlaceOfKeys):
    """A place whose fields are named by a column map."""

    columns: dict[str, str] = Field(
        default={}, description=f"Our column to its own, with dots into nested objects. Ours: {', '.join(COLUMNS)}."
    )

    @field_validator("columns")
    @classmethod
    def _ours(cls, value: dict[str, str]) -> dict[str, str]:
        return _of(value, COLUMNS, "columns")


class Asked(PlaceOfKeys):
    """A server; https only, redirects are not followed."""

    auth: AuthConfig = AuthConfig()
    allow_private: bool = Field(default=False, description="Ask a private address too, and without TLS there.")
    ca: str | None = Field(default=None, description="A PEM file of the authority that signed its certificate.")


class CsvKeys(Mapped):
    """A CSV file with a header."""

    type: Literal["csv"]
    path: str = Field(description="The file; it holds all the keys.")
    hash_keys: bool = Field(default=False, description="Fingerprint the column `secret` while it is read.")


class JsonKeys(Mapped):
    """A JSON file: a list of objects, an object that holds one, or an object a line."""

    type: Literal["json"]
    path: str = Field(description="The file; it holds all the keys.")
    hash_keys: bool = Field(default=False, description="Fingerprint the column `secret` while it is read.")


class SqlKeys(Mapped):
    """A query of a database; it only reads."""

    type: Literal["sql"]
    url: str = Field(description="The database, as SQLAlchemy writes it; may be a reference.")
    query: str = Field(description="A SELECT that gives a row for each key.")
    hash_keys: bool = Field(default=False, description="Fingerprint the column `secret` while it is read.")


class AwsKeys(PlaceOfKeys):
    """AWS IAM access keys; needs keywatch[aws], and credentials where boto3 looks for them."""

    type: Literal["aws"]
    method: Literal["keys", "report"] = Field(
        default="keys",
        description="`keys` asks for each key (it knows their ids); `report` reads the credential report (slots, and"
        " the root user's keys).",
    )
    profile: str | None = Field(default=None, description="A profile of the AWS config files.")
    region: str | None = Field(default=None, description="The region; left out: boto3's.")
    endpoint: str | None = Field(default=None, description="Another address than AWS's own.")


class GcpKeys(Asked):
    """API keys of Google Cloud projects."""

    type: Literal["gcp"]
    projects: Texts = Field(description="Their numbers or ids.")
    token: str = Field(description="Reference to an OAuth access token; it is looked up at each sync.")
    url: str = Field(default="https://apikeys.googleapis.com", description="The API.")


class KongKeys(Asked):
    """Credentials of key-auth in Kong, or in a control plane of Konnect."""

    type: Literal["kong"]
    url: str = Field(description="The Admin API, or `https://…/v2/control-planes/<id>/core-entities`.")
    token: str | None = Field(default=None, description="Reference to the Kong-Admin-Token; Konnect: auth.bearer.")
    tags: str | None = Field(default=None, description="Only credentials with these tags: `a,b` both, `a/b` either.")


class TykKeys(Asked):
    """Keys of a Tyk gateway."""

    type: Literal["tyk"]
    url: str = Field(description="The gateway.")
    token: str = Field(description="Reference to the gateway's secret (`x-tyk-authorization`).")
    hashed: bool = Field(default=True, description="Whether the gateway hashes keys; if not, ids are the secrets.")


class ApisixKeys(Asked):
    """Consumers and credentials with key-auth in Apache APISIX."""

    type: Literal["apisix"]
    url: str = Field(description="The Admin API.")
    token: str = Field(description="Reference to the admin key (`X-API-KEY`).")
    fingerprints: bool = Field(default=True, description="False where it hands out keys encrypted.")


class UnkeyKeys(Asked):
    """Keys of Unkey."""

    type: Literal["unkey"]
    apis: Texts = Field(description="The ids of APIs.")
    token: str = Field(description="Reference to a root key with `api.*.read_key` and `api.*.read_api`.")
    url: str = Field(default="https://api.unkey.com", description="The API.")


class LitellmKeys(Asked):
    """Virtual keys of a LiteLLM proxy."""

    type: Literal["litellm"]
    url: str = Field(description="The proxy.")
    token: str = Field(description="Reference to an admin's key.")


class GithubKeys(Asked):
    """Fine-grained personal access tokens of GitHub organisations."""

    type: Literal["github"]
    organisations: Texts = Field(description="Their names.")
    token: str = Field(description="Reference to an installation token of a GitHub App.")
    url: str = Field(default="https://api.github.com", description="The API.")
    prefix: str = Field(default="github:", description="Stands before the ids of its keys.")


class ListPages(PagesConfig):
    """How the list is handed out in pages. A short page ends nothing; an empty one does, or `total`, or `more`."""

    kind: Literal["none", "page", "offset", "cursor", "next"] = Field(
        default="none",
        description="`page` counts pages, `offset` keys, `cursor` passes on a value, `next` follows a link.",
    )
    size: int = Field(default=100, ge=1, description="Keys a page.")
    total: str | None = Field(default=None, description="Where the answer holds the number of all keys, by dots.")
    more: str | None = Field(default=None, description="Where the answer says whether there is more, by dots.")

    @model_validator(mode="after")
    def _complete(self) -> "ListPages":
        if self.kind in {"page", "offset", "cursor"} and self.parameter is None:
            msg = f"pages of the kind {self.kind} need a parameter"
            raise ValueError(msg)
        if self.kind == "cursor" and (self.path is None) == (self.of_record is None):
            msg = "pages of the kind cursor need a path, or of_record"
            raise ValueError(msg)
        return self


class HttpKeys(Mapped, Asked):
    """Any API that lists keys as JSON: one's own service, say."""

    type: Literal["http"]
    url: str = Field(description="The list.")
    method: Literal["GET", "POST"] = Field(default="GET", description="POST sends the parameters as a JSON body.")
    params: dict[str, str | int | bool] = Field(default={}, description="Parameters of every request.")
    headers: dict[str, str] = Field(default={}, description="Headers of every request that are no secrets.")
    items: str = Field(default="", description="Where the answer holds its list, by dots; left out: it is the list.")
    pages: ListPages = ListPages()


KeySource = Annotated[
    CsvKeys
    | JsonKeys
    | SqlKeys
    | AwsKeys
    | GcpKeys
    | KongKeys
    | TykKeys
    | ApisixKeys
    | UnkeyKeys
    | LitellmKeys
    | GithubKeys
    | HttpKeys,
    Field(discriminator="type"),
]


def _link(value: object) -> object:
    text = str(value)
    if text not in {"name", "owner"} and not text.startswith("label:"):
        msg = f"{text!r} is none of name, owner and label:<name>"
        raise ValueError(msg)
    return text


class InventoryConfig(Section):
    """Where keys come from; `keywatch keys sync` pulls them, and `keywatch run` every so often."""

    sources: tuple[KeySource, ...] = ()
    every: Duration = Field(default=timedelta(hours=1), description="How often `keywatch run` pulls each source.")
    successors: tuple[Annotated[str, BeforeValidator(_link)], ...] = Field(
        default=("name",),
        description="How a key's successor is found where nobody names it: `name`, `owner`, `label:<name>`, in order.",
    )


def _of(value: dict[str, _Value], known: tuple[str, ...], what: str) -> dict[str, _Value]:
    for name in value:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            msg = f"{what} has {name!r}, which is no column of ours" + (f": did you mean {near[0]!r}" if near else "")
            raise ValueError(msg)
    return value
