"""How many processors this process may use."""

import os


def processors() -> int:
    """Those that it is bound to, where the system can tell; else all."""
    bound = getattr(os, "sched_getaffinity", None)
    return len(bound(0)) if bound is not None else os.cpu_count() or 1
