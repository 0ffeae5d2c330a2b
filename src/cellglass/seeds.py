"""Randomness: one root seed a run, one independent stream a task, never one a worker."""

from __future__ import annotations

import hashlib
import operator

import numpy as np

from cellglass.errors import InputError

DEFAULT_SEED = 42


def seed_sequence(root: int, task: str) -> np.random.SeedSequence:
    """Seed sequence of one task, independent of the order in which tasks run.

    Parameters
    ----------
    root
        The seed of the run.
    task
        The task's name, for example ``"nulls/degree/trrust"``.

    Returns
    -------
    numpy.random.SeedSequence
        Equal for equal `root` and `task` on every machine.

    Raises
    ------
    InputError
        If the seed is no whole number, or negative.

    Examples
    --------
    >>> int(generator(42, "a").integers(100)) == int(generator(42, "a").integers(100))
    True
    """
    digest = hashlib.sha256(task.encode()).digest()
    words = np.frombuffer(digest, dtype="<u4")
    return np.random.SeedSequence(entropy=_whole(root), spawn_key=tuple(int(w) for w in words[:4]))


def _whole(root: object) -> int:
    try:
        seed = operator.index(root)  # type: ignore[arg-type]
    except TypeError:
        seed = -1
    if seed < 0:
        raise InputError(
            f"the seed is {root!r}", where="seed", expected="a whole number: 0, 1, 2, ...",
            fix="give another seed",
        )  # fmt: skip
    return seed


def generator(root: int, task: str) -> np.random.Generator:
    """Random generator of one task; see `seed_sequence`."""
    return np.random.default_rng(seed_sequence(root, task))


def integer_seed(root: int, task: str) -> int:
    """A 31-bit seed for libraries that take an integer; see `seed_sequence`."""
    return int(seed_sequence(root, task).generate_state(1)[0] & 0x7FFFFFFF)
