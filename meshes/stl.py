"""STL, read strictly and written plainly.

Triangles are float32 of shape (n, 3, 3): n triangles, 3 corners, x y z in mm. The 80-byte header is never trusted,
kept or shown: labs write patients' names into it.
"""

from __future__ import annotations

import struct
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from meshes.arrays import Floats
from meshes.errors import BadFile
from meshes.text_rows import chunks, lines_of, matrix

Triangles: TypeAlias = npt.NDArray[np.float32]

MIN_TRIANGLES: Final = 4
MAX_TRIANGLES: Final = 2_000_000
MAX_ASCII_BYTES: Final = 60_000_000
MAX_COORDINATE_MM: Final = 1_000.0
HEADER_BYTES: Final = 80
PREFIX_BYTES: Final = HEADER_BYTES + 4
RECORD_BYTES: Final = 50
NEUTRAL_HEADER: Final = b"Midline: dental model, mm".ljust(HEADER_BYTES, b"\0")

RECORD: Final = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])

EXPORT_AGAIN: Final = "Export this model again, wait until the program says it has finished, and upload the new file."


def parse(data: bytes, name: str) -> Triangles:
    """The triangles of an STL, binary or text.

    The size decides, not the header: 84 + 50 n bytes are binary even if they begin with “solid”.
    Raises BadFile for everything else that is not exactly an STL within the limits of meshes.md.
    """
    if not data:
        raise BadFile(name, "The file is empty.", EXPORT_AGAIN)
    announced = struct.unpack_from("<I", data, HEADER_BYTES)[0] if len(data) >= PREFIX_BYTES else None
    if announced and len(data) == PREFIX_BYTES + RECORD_BYTES * announced:
        check_count(announced, name)
        triangles = np.ascontiguousarray(np.frombuffer(data, RECORD, announced, PREFIX_BYTES)["corners"])
    elif looks_like_text_stl(data):
        triangles = parse_text(data, name)
    else:
        raise not_stl(data, announced, name)
    return checked(triangles, name)


def checked(triangles: Triangles, name: str) -> Triangles:
    """Refuse what is not finite or too far away; -0.0 becomes 0.0 so that equal points have equal bytes."""
    finite = np.isfinite(triangles)
    if not finite.all():
        bad = int((~finite.all(axis=(1, 2))).sum())
        raise BadFile(name, f"{bad:,} of its {len(triangles):,} triangles have a corner that is not a number.", EXPORT_AGAIN)
    far = float(np.abs(triangles).max())
    if far > MAX_COORDINATE_MM:
        raise BadFile(
            name,
            f"A corner lies {far:,.6g} mm from the origin; {MAX_COORDINATE_MM:,.0f} mm is the limit.",
            "Export in millimetres, near the origin.",
        )
    triangles += np.float32(0.0)
    return triangles


def check_count(count: int, name: str) -> None:
    if count > MAX_TRIANGLES:
        raise BadFile(name, f"It has {count:,} triangles; {MAX_TRIANGLES:,} are read at most.", "Export it with fewer triangles.")
    if count < MIN_TRIANGLES:
        raise BadFile(name, f"It has {count:,} triangles; a model has at least {MIN_TRIANGLES}.", EXPORT_AGAIN)


def looks_like_text_stl(data: bytes) -> bool:
    head = data[:4096]
    return data[:5].lower() == b"solid" and b"\0" not in head and (b"facet" in head.lower() or b"endsolid" in head.lower())


def not_stl(data: bytes, announced: int | None, name: str) -> BadFile:
    """The most useful sentence about bytes that are no STL."""
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")):
        return BadFile(
            name, "This is a web page, not an STL; the download probably asked for a sign-in.", "Download the model itself and upload that."
        )
    if announced is None:
        return BadFile(name, f"The file has {len(data):,} bytes, too few for an STL.", EXPORT_AGAIN)
    present, rest = divmod(len(data) - PREFIX_BYTES, RECORD_BYTES)
    if announced > MAX_TRIANGLES or announced > 1_000 * max(present, 1):
        return BadFile(
            name,
            f"This is not an STL: its header announces {announced:,} triangles and its {len(data):,} bytes hold {present:,} at most.",
            EXPORT_AGAIN,
        )
    if present < announced:
        return BadFile(name, f"Cut off: {announced:,} triangles announced, {present:,} there.", EXPORT_AGAIN)
    if not announced:
        return BadFile(name, f"Its header announces 0 triangles, yet {len(data) - PREFIX_BYTES:,} bytes follow.", EXPORT_AGAIN)
    return BadFile(
        name,
        f"Its size does not fit its header: {announced:,} triangles announced, {present:,} and {rest} bytes there.",
        EXPORT_AGAIN,
    )


def parse_text(data: bytes, name: str) -> Triangles:
    """The text form: only the vertex lines are read, and they must be exactly three a facet."""
    if len(data) > MAX_ASCII_BYTES:
        raise BadFile(
            name,
            f"This text STL has {len(data) / 1e6:,.0f} MB; {MAX_ASCII_BYTES // 1_000_000} MB is the limit.",
            "Export it as binary STL.",
        )
    lowered = data.lower()
    if b"endsolid" not in lowered[-1024:]:
        raise BadFile(name, "Cut off: the text ends without its “endsolid” line.", EXPORT_AGAIN)
    # The name after “solid” is free text: it may hold any word, so the first line is not counted.
    _, _, body = lowered.partition(b"\n")
    vertices = body.count(b"vertex")
    facets = body.count(b"endfacet")
    if not facets or vertices != 3 * facets:
        raise BadFile(name, f"It has {facets:,} facets and {vertices:,} corners; every facet needs three.", EXPORT_AGAIN)
    check_count(facets, name)
    del lowered
    found: list[Floats] = []
    corners = (line.partition(b"vertex")[2] for line in lines_of(body) if b"vertex" in line)
    for rows in chunks(corners, vertices):
        try:
            values = matrix(rows)
        except ValueError as error:
            raise BadFile(name, "One of its corners is not a number.", EXPORT_AGAIN) from error
        if values is None or values.shape[1] != 3:
            numbers = sum(len(row.split()) for row in rows)
            raise BadFile(name, f"Its {len(rows):,} corners have {numbers:,} numbers; each needs three.", EXPORT_AGAIN)
        found.append(values)
    placed = np.concatenate(found)
    if len(placed) != vertices:
        raise BadFile(name, f"It has {facets:,} facets and {len(placed):,} corners; every facet needs three.", EXPORT_AGAIN)
    with np.errstate(over="ignore"):
        return placed.astype(np.float32).reshape(-1, 3, 3)


def write(triangles: Triangles) -> bytes:
    """A binary STL with a neutral header and the normals computed from the corners."""
    corners = np.asarray(triangles, dtype=np.float32)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    records = np.zeros(len(corners), RECORD)
    records["normal"] = normals / np.maximum(length, 1e-20)
    records["corners"] = corners
    return NEUTRAL_HEADER + struct.pack("<I", len(corners)) + records.tobytes()


def scrubbed(data: bytes, name: str) -> bytes:
    """The same model as binary STL without its header and attribute bytes, for whatever is shown or served."""
    return write(parse(data, name))
