"""Files that no row names any more: each room that keeps files says which keys its rows name, everything else goes after a day."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import islice

import structlog
from django.conf import settings

from midline.core import clock
from midline.core.storage import files

# A file is stored before its row commits, and an import keeps files while it runs: a day is longer than either.
KEPT_ANYWAY = timedelta(days=1)
# Rooms read their whole table for each batch, so batches are large; SQLite takes 32,766 values in one statement.
AT_ONCE = 10_000

# (keys) → those of them that a row of the room names.
Named = Callable[[list[str]], Iterable[str]]
_NAMED: dict[str, Named] = {}


def names_files(room: str, named: Named) -> None:
    """Registers what a room's rows name. A room calls it in `ready()`; the answer must cover every column that holds a key."""
    _NAMED[room] = named


def unnamed(keys: list[str]) -> set[str]:
    """Those of `keys` that no room names."""
    left = set(keys)
    for named in _NAMED.values():
        left -= set(named(sorted(left)))
    return left


def silent_rooms() -> set[str]:
    """Rooms that keep files (MIDLINE_ROOMS_WITH_FILES) and have not said which: while there is one, nothing is swept."""
    return set(settings.MIDLINE_ROOMS_WITH_FILES) - _NAMED.keys()


def sweep() -> int:
    """Deletes files older than a day that no row names. Returns how many.

    Deletes nothing while a room that keeps files has not registered: a forgotten line must not cost a patient's scan.
    """
    if missing := silent_rooms():
        structlog.get_logger("midline.core").warning("orphans_not_swept", rooms=sorted(missing))
        return 0
    store, gone = files(), 0
    for keys in _batches(store.keys_older_than(clock.now() - KEPT_ANYWAY)):
        for key in sorted(unnamed(keys)):
            gone += store.delete_if_older(key, clock.now() - KEPT_ANYWAY)
    return gone


def _batches(keys: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(keys, AT_ONCE)):
        yield batch
