"""The questions: SQLAlchemy Core selects over events, usage and facets that return DataFrames."""
