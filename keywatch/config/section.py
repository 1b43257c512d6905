"""A table of the config."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of the config; an unknown name in it is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
