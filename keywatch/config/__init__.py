"""The config: one file a table, read from keywatch.toml, KEYWATCH_* variables and the command line."""
