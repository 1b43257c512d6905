"""The process that serves the pages: its start, what each request passes, its theme, and its probes."""
