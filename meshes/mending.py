"""One clean ZIP out of what came: the whole files of a broken one, and files that were supplied by themselves.

Bytes are copied as they are packed, so nothing is inflated but what has no other end; what a copy holds is checked when it is read.
"""

from __future__ import annotations

import mmap
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from meshes import formats, reading
from meshes.archive import CHUNK_BYTES, DAMAGED, ENCRYPTED, MAX_ENTRIES, MAX_FILE_BYTES, Entry, check_entry, check_path, refuse_overlap
from meshes.errors import BadFile

LOCAL: Final = struct.Struct("<4s5H3I2H")
CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
END: Final = struct.Struct("<4s4H2IH")
STREAMED: Final = 0x8
UTF8: Final = 0x800
BIG: Final = 0xFFFFFFFF
VERSION: Final = 20
DAY: Final = 0x21
"""1 January 1980: when a file was packed says nothing here."""

CUT_OFF: Final = "Its bytes in the ZIP break off."
SUPPLY: Final = "Export this model again and add it."


@dataclass(frozen=True)
class Piece:
    """One entry as it is packed: `packed` bytes from `begin` on, which unpack to `size`."""

    name: str
    method: int
    crc: int
    packed: int
    size: int
    begin: int


@dataclass
class Found:
    """whole: what can be copied; broken: what cannot, with the reason; cut: whether the list of contents itself is missing."""

    whole: list[Piece] = field(default_factory=list)
    broken: list[BadFile] = field(default_factory=list)
    cut: bool = False

    @property
    def models(self) -> int:
        return sum(1 for piece in self.whole if formats.is_model(piece.name))

    def helps(self) -> bool:
        """Whether going on with what is whole is something else than reading the same again."""
        return bool(self.models) and (self.cut or bool(self.broken))


def look(path: Path) -> Found:
    """What of a ZIP can be used. Raises BadFile when nothing can: no ZIP at all, too many entries, entries that share bytes."""
    with _bytes_of(path) as data:
        try:
            infos = zipfile.ZipFile(path).infolist()
        except DAMAGED:
            return _scanned(data, path.name)
        return _listed(infos, data, path.name)


def mend(path: Path, out: Path, supplied: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Writes what is whole in `path`, and `supplied` [{name, path, takes}] in place of the entries that they take.

    Returns {"cut": bool, "rows": rows of a report for the models that are not in it}. Raises BadFile as `look` does.
    """
    found = look(path)
    gone = {row[key] for row in supplied for key in ("takes", "name") if row.get(key)}
    entries: list[tuple[bytes, int]] = []
    with _bytes_of(path) as data, out.open("wb") as target:
        for piece in found.whole:
            if not _replaced(piece.name, gone):
                at = _begin(target, piece, entries)
                for start in range(piece.begin, piece.begin + piece.packed, CHUNK_BYTES):
                    target.write(data[start : min(start + CHUNK_BYTES, piece.begin + piece.packed)])
                entries.append((_central(piece, at), at))
        for row in supplied:
            content = Path(row["path"]).read_bytes()
            # Stored as it is: one that would shrink too far is refused by itself when it is read, not the ZIP for its sake.
            piece = Piece(row["name"], zipfile.ZIP_STORED, zlib.crc32(content), len(content), len(content), 0)
            at = _begin(target, piece, entries)
            target.write(content)
            entries.append((_central(piece, at), at))
        where = target.tell()
        for central, _at in entries:
            target.write(central)
        target.write(END.pack(b"PK\x05\x06", 0, 0, len(entries), len(entries), target.tell() - where, where, 0))
    left = [bad for bad in found.broken if formats.is_model(bad.file) and not _replaced(bad.file, gone)]
    return {"cut": found.cut, "rows": [_refused(bad) for bad in left]}


def _refused(bad: BadFile) -> dict[str, Any]:
    """The row of a report for a file that is not in the ZIP any more."""
    return reading.row_of(Entry(bad.file, 0, zipfile.ZipInfo(bad.file))) | {"refused": {"reason": bad.reason, "remedy": bad.remedy}}


def _replaced(name: str, gone: set[str]) -> bool:
    """Also when a model inside the file is what was replaced."""
    return name in gone or any(other.startswith(f"{name}/") for other in gone)


def _begin(target: BinaryIO, piece: Piece, entries: list[tuple[bytes, int]]) -> int:
    if len(entries) >= MAX_ENTRIES:
        raise BadFile(piece.name, f"The ZIP holds more than {MAX_ENTRIES:,} models.", "Export one model an arch a stage.")
    at = target.tell()
    name = piece.name.encode()
    target.write(LOCAL.pack(b"PK\x03\x04", VERSION, UTF8, piece.method, 0, DAY, piece.crc, piece.packed, piece.size, len(name), 0))
    target.write(name)
    return at


def _central(piece: Piece, at: int) -> bytes:
    name = piece.name.encode()
    sizes = (piece.crc, piece.packed, piece.size, len(name))
    return CENTRAL.pack(b"PK\x01\x02", VERSION, VERSION, UTF8, piece.method, 0, DAY, *sizes, 0, 0, 0, 0, 0, at) + name


@contextmanager
def _bytes_of(path: Path) -> Iterator[Any]:
    with path.open("rb") as source:
        try:
            data = mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:
            raise BadFile(path.name, "The file is empty.", SUPPLY) from error
        with data:
            yield data


def _listed(infos: list[zipfile.ZipInfo], data: mmap.mmap, shown: str) -> Found:
    """By the list of contents, without what a whole ZIP would be refused for."""
    if len(infos) > MAX_ENTRIES:
        raise BadFile(shown, f"The ZIP has {len(infos):,} entries; {MAX_ENTRIES:,} are read at most.", "Leave out what is no model.")
    refuse_overlap(infos)
    found, seen = Found(), set()
    for info in infos:
        name = unicodedata.normalize("NFC", info.filename.replace("\\", "/"))
        if not name or info.is_dir():
            continue
        try:
            check_path(name)
            check_entry(name, info)
            if name.casefold() in seen:
                raise BadFile(name, "The ZIP holds this name twice, so one would hide the other.", SUPPLY)
            begin = _data_begins(data, info.header_offset)
            if begin is None or begin + info.compress_size > len(data):
                raise BadFile(name, CUT_OFF, SUPPLY)
        except BadFile as bad:
            found.broken.append(bad)
            continue
        seen.add(name.casefold())
        found.whole.append(Piece(name, info.compress_type, info.CRC, info.compress_size, info.file_size, begin))
    return found


def _data_begins(data: mmap.mmap, at: int) -> int | None:
    if at < 0 or at + LOCAL.size > len(data) or data[at : at + 4] != b"PK\x03\x04":
        return None
    head = LOCAL.unpack(data[at : at + LOCAL.size])
    return at + LOCAL.size + int(head[9]) + int(head[10])


def _scanned(data: mmap.mmap, shown: str) -> Found:
    """Without a list of contents: from one entry to the next, up to where the bytes break off."""
    found, seen, at = Found(cut=True), set(), 0
    while (begin := _data_begins(data, at)) is not None and len(found.whole) < MAX_ENTRIES:
        _sig, _version, flags, method, _time, _day, crc, packed, size, long, _extra = LOCAL.unpack(data[at : at + LOCAL.size])
        raw = data[at + LOCAL.size : at + LOCAL.size + long]
        info = zipfile.ZipInfo(_decoded(raw, flags) or "?")
        name = unicodedata.normalize("NFC", info.filename.replace("\\", "/"))
        if packed == BIG or size == BIG:
            found.broken.append(BadFile(name, CUT_OFF, SUPPLY))
            break
        end = begin + packed
        if flags & STREAMED:
            streamed = _inflated(data, begin) if method == zipfile.ZIP_DEFLATED else None
            if streamed is None:
                found.broken.append(BadFile(name, CUT_OFF, SUPPLY))
                break
            crc, packed, size = streamed
            end = begin + packed + _descriptor(data, begin + packed, crc)
        if begin + packed > len(data):
            found.broken.append(BadFile(name, CUT_OFF, SUPPLY))
            break
        at = end
        if info.is_dir():
            continue
        info.flag_bits, info.compress_type, info.CRC, info.compress_size, info.file_size = flags & ENCRYPTED, method, crc, packed, size
        try:
            check_path(name)
            check_entry(name, info)
            if name.casefold() in seen:
                raise BadFile(name, "The ZIP holds this name twice, so one would hide the other.", SUPPLY)
        except BadFile as bad:
            found.broken.append(bad)
            continue
        seen.add(name.casefold())
        found.whole.append(Piece(name, method, crc, packed, size, begin))
    if not found.whole and not found.broken:
        raise BadFile(shown, "This file is not a ZIP, or its end is missing.", SUPPLY)
    return found


def _decoded(raw: bytes, flags: int) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("utf-8" if flags & UTF8 else "cp437", "replace")


def _inflated(data: mmap.mmap, begin: int) -> tuple[int, int, int] | None:
    """(checksum, bytes packed, bytes unpacked) of an entry that does not say where it ends; None when it breaks off or is too large."""
    reader, crc, size, at = zlib.decompressobj(-15), 0, 0, begin
    try:
        while not reader.eof:
            chunk = data[at : at + CHUNK_BYTES]
            if not chunk:
                return None
            at += len(chunk)
            while chunk and not reader.eof:
                out = reader.decompress(chunk, 4 * CHUNK_BYTES)
                crc, size, chunk = zlib.crc32(out, crc), size + len(out), reader.unconsumed_tail
                if size > MAX_FILE_BYTES:
                    return None
    except zlib.error:
        return None
    return crc, at - len(reader.unused_data) - begin, size


def _descriptor(data: mmap.mmap, at: int, crc: int) -> int:
    """How many bytes tell, after a streamed entry, what was streamed: with or without a signature, with sizes of 4 or 8 bytes."""
    for begins in (struct.pack("<4sI", b"PK\x07\x08", crc), struct.pack("<I", crc)):
        if data[at : at + len(begins)] == begins:
            for more in (8, 16):
                after = at + len(begins) + more
                if data[after : after + 2] == b"PK" or after == len(data):
                    return len(begins) + more
    return 0
