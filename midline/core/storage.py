"""Where uploads and models are kept: by content, written once, never overwritten.

Disk by default, S3 by setting. The promise: when `store` returns, the bytes are durable; the row that names them commits
after that. A file that no row names is an orphan and is swept. A key is `aa/bb/<sha256>`, so the same bytes stand once.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings

CHUNK = 1 << 20


class StorageFull(Exception):
    """Less than the reserved space is left; the caller answers 507 and the draft stays."""


@dataclass(frozen=True)
class Stored:
    """What a row keeps of a file: its key, its size in bytes and its SHA-256 (hex)."""

    key: str
    size: int
    sha256: str


class FileStore(Protocol):
    def store(self, source: BinaryIO) -> Stored: ...
    def open(self, key: str) -> BinaryIO: ...
    def size(self, key: str) -> int: ...
    def exists(self, key: str) -> bool: ...
    def delete(self, key: str) -> None: ...
    def delete_if_older(self, key: str, moment: datetime) -> bool: ...
    def keys_older_than(self, moment: datetime) -> Iterator[str]: ...
    def healthy(self) -> bool: ...


def key_of(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def reserve(needed: int) -> None:
    """Raises StorageFull when taking `needed` bytes would leave less than MIDLINE_RESERVED_BYTES on the data disk."""
    root = Path(settings.MIDLINE_FILES)
    root.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(root).free - needed < settings.MIDLINE_RESERVED_BYTES:
        raise StorageFull


class DiskStore:
    """Files below one folder. Temporary name, fsync of file and folder, rename: after a crash a file is whole or absent."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, key: str) -> Path:
        return self.root / key

    def store(self, source: BinaryIO) -> Stored:
        incoming = self.root / "incoming"
        incoming.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        handle, name = tempfile.mkstemp(dir=incoming)
        try:
            with os.fdopen(handle, "wb") as file:
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            stored = Stored(key_of(digest.hexdigest()), size, digest.hexdigest())
            target = self.path(stored.key)
            target.parent.mkdir(parents=True, exist_ok=True)
            Path(name).replace(target)
            for folder in (target.parent, target.parent.parent, self.root):
                _sync_folder(folder)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(name).unlink()
            raise
        return stored

    def open(self, key: str) -> BinaryIO:
        return self.path(key).open("rb")

    def size(self, key: str) -> int:
        return self.path(key).stat().st_size

    def exists(self, key: str) -> bool:
        return self.path(key).is_file()

    def delete(self, key: str) -> None:
        self.path(key).unlink(missing_ok=True)

    def delete_if_older(self, key: str, moment: datetime) -> bool:
        """Deletes the file unless the same bytes were stored again since `moment`. Returns whether it is gone.

        The file is moved aside first: a `store` that comes in between writes a new one, one that came before is seen by its time.
        """
        path, aside = self.path(key), self.root / "incoming" / f"swept-{key.rsplit('/', 1)[-1]}"
        aside.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.replace(aside)
        except FileNotFoundError:
            return False
        if datetime.fromtimestamp(aside.stat().st_mtime, UTC) >= moment:
            aside.replace(path)
            return False
        aside.unlink(missing_ok=True)
        return True

    def keys_older_than(self, moment: datetime) -> Iterator[str]:
        for path in self.root.glob("??/??/*"):
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < moment:
                yield path.relative_to(self.root).as_posix()
        for path in (self.root / "incoming").glob("*"):
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < moment - timedelta(days=1):
                path.unlink(missing_ok=True)

    def healthy(self) -> bool:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            return os.access(self.root, os.W_OK)
        except OSError:
            return False


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class S3Store:
    """The same promise on an S3-compatible service, through django-storages; browsers never get its addresses."""

    def __init__(self) -> None:
        from storages.backends.s3 import S3Storage

        self.backend = S3Storage(
            bucket_name=settings.MIDLINE_S3_BUCKET,
            endpoint_url=settings.MIDLINE_S3_ENDPOINT or None,
            region_name=settings.MIDLINE_S3_REGION or None,
            file_overwrite=True,
            querystring_auth=False,
            default_acl=None,
        )

    def store(self, source: BinaryIO) -> Stored:
        from django.core.files.base import File

        digest, size = hashlib.sha256(), 0
        with tempfile.TemporaryFile() as copy:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
                copy.write(chunk)
            copy.seek(0)
            stored = Stored(key_of(digest.hexdigest()), size, digest.hexdigest())
            if not self.exists(stored.key):
                self.backend.save(stored.key, File(copy, name=stored.sha256))
        return stored

    def open(self, key: str) -> BinaryIO:
        file: BinaryIO = self.backend.open(key, "rb")
        return file

    def size(self, key: str) -> int:
        return int(self.backend.size(key))

    def exists(self, key: str) -> bool:
        return bool(self.backend.exists(key))

    def delete(self, key: str) -> None:
        self.backend.delete(key)

    def delete_if_older(self, key: str, moment: datetime) -> bool:
        if not self.exists(key) or self.backend.get_modified_time(key) >= moment:
            return False
        self.backend.delete(key)
        return True

    def keys_older_than(self, moment: datetime) -> Iterator[str]:
        for item in self.backend.bucket.objects.all():
            if item.last_modified < moment:
                yield item.key

    def healthy(self) -> bool:
        try:
            self.backend.exists("health")
        except Exception:
            return False
        return True


@cache
def _s3() -> S3Store:
    return S3Store()


def files() -> FileStore:
    """The store that the settings choose."""
    return _s3() if settings.MIDLINE_STORAGE == "s3" else DiskStore(Path(settings.MIDLINE_FILES))
