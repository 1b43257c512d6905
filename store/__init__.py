"""Where everything is kept: state in SQL (SQLite or PostgreSQL), events in Parquet, and the questions asked of both."""
