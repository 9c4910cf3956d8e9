"""The tree of places, read once while one request is answered: every right asks for it.

What changes a place meanwhile makes it forgotten, so that a deed sees its own work.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_tree: ContextVar[dict[str, str] | None] = ContextVar("tree", default=None)


@contextmanager
def tree_remembered() -> Iterator[None]:
    """Remember the tree while the block runs."""
    token = _tree.set({})
    try:
        yield
    finally:
        _tree.reset(token)


def remembered_tree() -> dict[str, str] | None:
    """Return what is kept, empty before it was read, or None when nothing is to be kept."""
    return _tree.get()


def forget_tree() -> None:
    kept = _tree.get()
    if kept:
        kept.clear()
