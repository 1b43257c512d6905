"""Events: Parquet segments, sealed with their usage and facets, and one view over sealed ones and tails."""
