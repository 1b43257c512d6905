"""Column words: aware UTC times, and JSON."""

from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import JSON, DateTime, Dialect, String, TypeDecorator
from sqlalchemy.orm import mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC moment; SQLite, which has no zones, keeps it naive and gets it back aware."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive moments; hand SQLite the UTC wall clock."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = f"A moment without a zone cannot be stored: {value!r}"
            raise ValueError(msg)
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give every moment its zone."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


moment = Annotated[datetime, mapped_column(UtcDateTime())]
"""An aware UTC moment."""
optional_moment = Annotated[datetime | None, mapped_column(UtcDateTime(), nullable=True)]
"""An aware UTC moment, or None."""
json_object = Annotated[dict[str, Any], mapped_column(JSON())]
"""A JSON object."""
json_list = Annotated[list[Any], mapped_column(JSON())]
"""A JSON list."""
word = Annotated[str, mapped_column(String(255))]
"""A short text: a name, an id, an enum's value."""
