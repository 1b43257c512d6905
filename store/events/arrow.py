"""A select's rows as a DataFrame by way of Arrow: five to ten times as fast as row by row through the driver."""

from typing import TYPE_CHECKING, Any

import pyarrow as pa
from sqlalchemy import Connection, Select

if TYPE_CHECKING:
    import pandas as pd


def by_arrow(query: Select[*tuple[Any, ...]], connection: Connection) -> "pd.DataFrame":
    """The rows of a select on DuckDB, as `pandas.read_sql` would give them; raises what DuckDB raises.

    Sums come as 128-bit numbers and become 64 bits; ArrowInvalid if one does not fit. Lists are lists, not arrays.
    """
    # What the driver returns for a cursor knows no Arrow without a warning; the connection itself does.
    compiled = query.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
    given: Any = compiled.construct_params()
    processors: Any = compiled._bind_processors  # noqa: SLF001 (there is no public way to them)
    names: Any = compiled.positiontup or []
    values = [processors[name](given[name]) if name in processors else given[name] for name in names]
    duck: Any = connection.connection.dbapi_connection
    table: pa.Table = duck.sql(compiled.string, params=values).to_arrow_table()
    return _narrow(table)


def _narrow(table: pa.Table) -> "pd.DataFrame":
    whole = [field.name for field in table.schema if pa.types.is_decimal(field.type) and not field.type.scale]
    for name in whole:
        table = table.set_column(table.column_names.index(name), name, table[name].cast(pa.int64()))
    lists = [field.name for field in table.schema if pa.types.is_nested(field.type)]
    frame: pd.DataFrame = table.to_pandas()
    for name in lists:
        frame[name] = table[name].to_pylist()
    return frame
