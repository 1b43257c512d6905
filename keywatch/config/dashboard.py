"""The table [dashboard]."""

from typing import Annotated

from pydantic import Field

from keywatch.config.section import Section

User = Annotated[str, Field(pattern=r"^(sub:.+|\*?[^\s*@]*@[^\s@]+)$")]


class GrantConfig(Section):
    """Whom a role is given to."""

    users: tuple[User, ...] = Field(
        default=(),
        description="Mail addresses that the provider has verified, `*@example.com` for a domain, or `sub:…` for the"
        " provider's own identifier.",
    )
    groups: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        default=(), description="Values of the claim that `groups` of [dashboard.login] names."
    )


class RolesConfig(Section):
    """Who gets which role; the highest counts, and whoever has none sees nothing."""

    viewer: GrantConfig = GrantConfig()
    analyst: GrantConfig = GrantConfig()
    admin: GrantConfig = GrantConfig()


class LoginConfig(Section):
    """Who logs people in: an OpenID Connect provider. docs/dashboard.md has a whole example."""

    issuer: str = Field(description="The provider's issuer URL, or that of its openid-configuration.")
    client_id: str = Field(description="What the provider knows the dashboard by.")
    client_secret: str = Field(description="Reference to the secret that belongs to it.")
    groups: str = Field(
        default="groups", description="The claim that holds a person's groups; dots reach into nested ones."
    )
    session: str = Field(default="12h", description="How long a login lasts.")
    roles: RolesConfig = RolesConfig()


class DashboardConfig(Section):
    """The dashboard's server."""

    address: str = Field(
        default="127.0.0.1", description="The address it listens on; any other than this machine's needs `login`."
    )
    port: int = Field(default=8501, ge=1, le=65535, description="The port.")
    link: str | None = Field(
        default=None, description="Its address as people open it, for links in alerts and for the login."
    )
    metrics_token: str | None = Field(
        default=None,
        description="Reference to the token that /metrics asks for (`Authorization: Bearer …`); left out: it answers"
        " this machine alone.",
    )
    login: LoginConfig | None = Field(default=None, description="Who logs people in; left out: nobody has to.")
