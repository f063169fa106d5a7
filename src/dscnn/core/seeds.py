"""Named streams of randomness: a new one never moves the numbers of the others."""

import hashlib

import numpy as np


def stream(seed: int, *names: str | int) -> int:
    """Return a seed of 31 bits for one purpose, e.g. `stream(1, "dropout", "block1_dropout1")`."""
    digest = hashlib.sha256("/".join(map(str, (seed, *names))).encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def generator(seed: int, *names: str | int) -> np.random.Generator:
    return np.random.default_rng(stream(seed, *names))
