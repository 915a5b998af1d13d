"""How the C library gives memory back to the system."""

from __future__ import annotations

import ctypes

# https://man7.org/linux/man-pages/man3/mallopt.3.html
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_LARGE_BYTES = 128 * 1024


def give_back_what_is_freed() -> None:
    """Have large blocks go back when they are freed, and threads share two heaps.

    By itself glibc keeps a heap for each thread, and learns from each large block that is freed to
    keep the next ones: large bodies then leave 80 MB behind instead of 40. Other C libraries
    have no such habits, and no such function.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    for option, value in (
        (_TRIM_THRESHOLD, _LARGE_BYTES),
        (_MMAP_THRESHOLD, _LARGE_BYTES),
        (_ARENA_MAX, 2),
    ):
        mallopt(option, value)
