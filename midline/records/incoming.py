"""The bytes of uploads in progress: one file an upload below MIDLINE_DATA/incoming. What `append` has returned is on disk."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.http import UnreadablePostError

CHUNK: Final = 1 << 18


class Busy(Exception):
    """Another request is writing to this upload at this moment."""


class TooMuch(Exception):
    """More bytes came than were announced; those announced are kept."""


def folder() -> Path:
    path: Path = Path(settings.MIDLINE_DATA) / "incoming"
    path.mkdir(parents=True, exist_ok=True)
    return path


def path_of(upload_id: UUID) -> Path:
    """The file of an upload; its name is the random id, never what the person called it."""
    return folder() / upload_id.hex


def create(upload_id: UUID) -> None:
    """An empty file, durable before anybody is told of it."""
    with path_of(upload_id).open("xb") as file:
        os.fsync(file.fileno())
    descriptor = os.open(folder(), os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def held(upload_id: UUID) -> Iterator[int]:
    """The file's descriptor, locked against a second writer. Raises Busy, or FileNotFoundError when it is gone."""
    descriptor = os.open(path_of(upload_id), os.O_RDWR)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy from error
        yield descriptor
    finally:
        os.close(descriptor)


def append(descriptor: int, *, at: int, until: int, source: Any) -> tuple[int, bool]:
    """Writes what `source` gives at offset `at`, at most to `until`, and syncs. Returns (the new offset, whether more came than fits).

    Bytes beyond `at` were never acknowledged and are dropped. A connection that breaks in the middle keeps what had come.
    """
    os.ftruncate(descriptor, at)
    os.lseek(descriptor, at, os.SEEK_SET)
    offset, more = at, False
    try:
        while chunk := source.read(CHUNK):
            more = len(chunk) > until - offset
            view = memoryview(chunk)[: until - offset]
            while view:
                written = os.write(descriptor, view)
                view, offset = view[written:], offset + written
            if more:
                break
    except (UnreadablePostError, ConnectionError):
        pass
    os.fsync(descriptor)
    return offset, more


def remove(upload_id: UUID) -> None:
    path_of(upload_id).unlink(missing_ok=True)


def ids_older_than(moment: datetime) -> Iterator[UUID]:
    """Files last written before `moment`: candidates for the sweep when no row names them."""
    for path in folder().iterdir():
        if datetime.fromtimestamp(path.stat().st_mtime, UTC) < moment and len(path.name) == 32:
            yield UUID(path.name)
