"""The process that serves the pages: its start, what each request passes, probes, and what it may not import itself."""
