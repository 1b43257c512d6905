"""Secrets, as a company issues them and as others make them up."""

from typing import Final

import numpy as np
from numpy.random import Generator

_ALPHABET: Final = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", dtype=np.uint8)


def make_secrets(count: int, rng: Generator, prefix: str = "ac_live_") -> list[str]:
    """`count` secrets: the prefix and 32 letters and digits."""
    text = _ALPHABET[rng.integers(0, len(_ALPHABET), 32 * count)].tobytes().decode()
    return [f"{prefix}{text[i : i + 32]}" for i in range(0, len(text), 32)]
