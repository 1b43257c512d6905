"""Detect: what is judged, the frames it needs from the store, the findings, and what is told of them."""
