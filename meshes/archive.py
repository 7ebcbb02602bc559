"""A ZIP from outside, opened without trusting anything it says.

Everything that can be known from the directory is refused before a byte is inflated; what really comes out is
counted while it comes. Entries are handed over in memory, one at a time; nothing is ever written under a name
from the archive. Limits: meshes.md, "Reading hostile files".
"""

from __future__ import annotations

import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from meshes.errors import BadFile

MAX_ENTRIES: Final = 6_000
MAX_FILE_BYTES: Final = 120_000_000
MAX_TOTAL_BYTES: Final = 3_000_000_000
MAX_RATIO: Final = 30
MAX_SETUP_RATIO: Final = 1_000
"""For setup.json alone: poses of teeth that stand still repeat. Its size has a limit of its own (`package.MAX_JSON_BYTES`)."""

RATIO_FLOOR_BYTES: Final = 4_096
"""Below this compressed size the ratio says nothing: a header of zeros already shrinks a hundredfold."""

CHUNK_BYTES: Final = 1 << 18
ENCRYPTED: Final = 0x1
SYSTEM_FILE: Final = re.compile(r"(^|/)(__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
ARCHIVE_NAME: Final = re.compile(r"\.(zip|rar|7z|tar|tgz|gz|bz2|xz|zst|cab|iso|jar)$", re.IGNORECASE)
ARCHIVE_MAGIC: Final = (b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
DRIVE: Final = re.compile(r"^[A-Za-z]:")

DAMAGED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    IndexError,
    RuntimeError,  # an encrypted entry; also a method or version that zipfile does not know, which is a kind of it
)
"""Everything `zipfile` was seen to raise on damaged files (found by fuzzing)."""

PACK_AGAIN: Final = "Pack the exported models again as an ordinary ZIP and upload that."


@dataclass(frozen=True)
class Entry:
    """One file of the archive. name is NFC with forward slashes; sizes in bytes, as declared.

    piece: the part of a file that holds several models ("" for the whole file); name is then the file's name, "/" and the piece.
    """

    name: str
    size: int
    info: zipfile.ZipInfo
    piece: str = ""


class Archive:
    """A ZIP that passed every check its directory allows.

    Raises BadFile, naming the entry, for anything on the list of meshes.md.
    """

    def __init__(self, path: Path, *, shown_as: str | None = None) -> None:
        self.name = shown_as or path.name
        try:
            self._zip = zipfile.ZipFile(path)
        except DAMAGED as error:
            raise BadFile(self.name, "This file is not a ZIP, or its end is missing.", PACK_AGAIN) from error
        try:
            self.entries = self._checked()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._zip.close()

    def _checked(self) -> list[Entry]:
        infos = self._zip.infolist()
        if len(infos) > MAX_ENTRIES:
            raise BadFile(
                self.name,
                f"The ZIP has {len(infos):,} entries; {MAX_ENTRIES:,} are read at most.",
                "Leave out everything but the staged models and pack it again.",
            )
        entries: list[Entry] = []
        seen: dict[str, str] = {}
        total = 0
        for info in infos:
            name = unicodedata.normalize("NFC", info.filename.replace("\\", "/"))
            if not name:
                raise BadFile(self.name, "One entry of the ZIP has no name.", PACK_AGAIN)
            check_path(name)
            if info.is_dir():
                continue
            check_entry(name, info)
            folded = name.casefold()
            if folded in seen:
                raise BadFile(
                    name,
                    f"The ZIP holds this name twice (also as “{seen[folded]}”), so one would hide the other.",
                    "Give every file its own name, whatever the case of its letters, and pack it again.",
                )
            seen[folded] = name
            total += info.file_size
            if total > MAX_TOTAL_BYTES:
                raise BadFile(
                    self.name,
                    f"The ZIP unpacks to more than {MAX_TOTAL_BYTES // 1_000_000:,} MB.",
                    "Export fewer triangles, or split the case.",
                )
            if not SYSTEM_FILE.search(name):
                entries.append(Entry(name, info.file_size, info))
        refuse_overlap(infos)
        return entries

    def read(self, entry: Entry) -> bytes:
        """The bytes of one entry, counted while inflating.

        Raises BadFile when more comes out than was declared or allowed, the checksum is wrong, or the content is an archive.
        """
        limit = min(entry.size, MAX_FILE_BYTES)
        out = bytearray()
        try:
            with self._zip.open(entry.info) as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    out += chunk
                    if len(out) > limit:
                        raise BadFile(entry.name, f"It unpacks to more than the {entry.size:,} bytes the ZIP announces.", PACK_AGAIN)
        except BadFile:
            raise
        except DAMAGED as error:
            raise BadFile(
                entry.name, "Its bytes in the ZIP are damaged: they do not unpack to what the ZIP announces.", PACK_AGAIN
            ) from error
        if len(out) != entry.size:
            raise BadFile(entry.name, f"It unpacks to {len(out):,} bytes; the ZIP announces {entry.size:,}.", PACK_AGAIN)
        if out[:6].startswith(ARCHIVE_MAGIC):
            raise nested(entry.name)
        return bytes(out)

    def contents(self) -> Iterator[tuple[Entry, bytes]]:
        """Every entry in the order of the archive, one in memory at a time."""
        for entry in self.entries:
            yield entry, self.read(entry)


def check_path(name: str) -> None:
    """Refuse names that could reach outside a folder, although nothing is ever written under them."""
    parts = name.split("/")
    if name.startswith("/") or DRIVE.match(name) or "\0" in name:
        raise BadFile(name.replace("\0", "?"), "Its name in the ZIP is an absolute path.", "Pack the files with relative names.")
    if ".." in parts:
        raise BadFile(name, "Its name in the ZIP climbs out of the folder with “..”.", "Pack the files with plain names.")


def check_entry(name: str, info: zipfile.ZipInfo) -> None:
    """Refuse links, encryption, unusual compression, nested archives and sizes that cannot be honest."""
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        what = "a link to another file" if stat.S_ISLNK(mode) else "not an ordinary file"
        raise BadFile(name, f"This entry of the ZIP is {what}.", "Pack the files themselves.")
    if info.flag_bits & ENCRYPTED:
        raise BadFile(name, "This entry of the ZIP is encrypted.", "Pack the files without a password; the upload itself is protected.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadFile(
            name,
            f"It is compressed with method {info.compress_type}, which is not read.",
            "Pack the files with the usual ZIP compression (deflate).",
        )
    if ARCHIVE_NAME.search(name):
        raise nested(name)
    if info.file_size > MAX_FILE_BYTES:
        raise BadFile(
            name,
            f"It unpacks to {info.file_size / 1e6:,.0f} MB; {MAX_FILE_BYTES // 1_000_000} MB a file are read at most.",
            "Export this model with fewer triangles.",
        )
    highest = MAX_SETUP_RATIO if name.rsplit("/", 1)[-1] == "setup.json" else MAX_RATIO
    if info.file_size > highest * max(info.compress_size, RATIO_FLOOR_BYTES):
        ratio = info.file_size / max(info.compress_size, 1)
        raise BadFile(
            name,
            f"It claims to unpack to {info.file_size / 1e6:,.1f} MB, {ratio:,.0f} times its size in the ZIP; the limit is {highest}.",
            "Pack the exported models again; real models do not shrink that far.",
        )


def refuse_overlap(infos: list[zipfile.ZipInfo]) -> None:
    """Entries that share bytes are how a small file unpacks to a huge one."""
    ordered = sorted(infos, key=lambda info: info.header_offset)
    for first, second in pairwise(ordered):
        if first.header_offset + first.compress_size > second.header_offset:
            raise BadFile(second.filename, f"It shares its bytes in the ZIP with “{first.filename}”.", PACK_AGAIN)


def nested(name: str) -> BadFile:
    return BadFile(
        name, "It is an archive inside the ZIP; archives inside archives are not opened.", "Pack the models themselves into one ZIP."
    )
