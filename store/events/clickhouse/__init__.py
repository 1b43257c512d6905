"""Events on a ClickHouse server: the manifest in the state says which batches count, as it does for files."""
