"""Parts that stand on one page each."""
