"""Metrics for Prometheus, and the probes that machines ask."""
