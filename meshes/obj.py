"""OBJ, read strictly: the lines `v` and `f`, nothing else; a reference to another file is never followed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from meshes.arrays import Faces, Points
from meshes.errors import BadFile
from meshes.stl import EXPORT_AGAIN, MAX_ASCII_BYTES
from meshes.surfaces import MAX_CORNERS, MAX_INDEX, NO_SUCH_VERTEX, checked, cut, fan_lists, limited
from meshes.text_rows import CHUNK, lines_of, matrix

SLASHED: Final = re.compile(rb"(?<=\d)/\S*")


def parse_obj(data: bytes, name: str) -> tuple[Points, Faces]:
    """Only `v` and `f` lines count; `mtllib` and all else is passed over. Raises BadFile for what is malformed."""
    if len(data) > MAX_ASCII_BYTES:
        raise BadFile(
            name, f"This OBJ has {len(data) / 1e6:,.0f} MB; {MAX_ASCII_BYTES // 1_000_000} MB is the limit.", "Export it as binary STL."
        )
    if b"\0" in data[:4096]:
        raise BadFile(name, "This is not an OBJ: it is not text.", EXPORT_AGAIN)
    vertices: list[Points] = []
    faces: list[Any] = []
    count = 0
    for kind, rows in runs_of(lines_of(data)):
        try:
            if kind == b"v":
                found = matrix(rows)
                if found is None or found.shape[1] < 3:
                    found = np.array([[float(value) for value in row.split()[:3]] for row in rows], dtype=np.float64)
                    if found.shape != (len(rows), 3):
                        raise ValueError(rows[0])
                vertices.append(found[:, :3])
                count += len(found)
            else:
                faces.append(corners_of(rows, count, name))
        except BadFile:
            raise
        except ValueError as error:
            said = next((row for row in rows if not is_plain(kind, row)), rows[0])
            line = (kind + b" " + said)[:60].decode(errors="replace").strip()
            raise BadFile(name, f"One of its lines is not understood: “{line}”.", EXPORT_AGAIN) from error
    if not vertices or not faces:
        raise BadFile(name, "It holds no surface: vertices or faces are missing.", EXPORT_AGAIN)
    corners = np.concatenate(faces)
    if corners.min() < 0 or corners.max() >= MAX_INDEX:
        raise BadFile(name, NO_SUCH_VERTEX, EXPORT_AGAIN)
    return checked(np.concatenate(vertices), limited(corners.astype(np.int64), name), name)


def runs_of(lines: Iterator[bytes]) -> Iterator[tuple[bytes, list[bytes]]]:
    """(b"v" or b"f", what follows it on each line), as long as lines of one kind follow each other; other lines are passed over."""
    kind, rows = b"", list[bytes]()
    for line in lines:
        first, _, rest = line.strip().replace(b"\t", b" ").partition(b" ")
        if first not in (b"v", b"f"):
            continue
        if (first != kind or len(rows) == CHUNK) and rows:
            yield kind, rows
            rows = []
        kind = first
        rows.append(rest)
    if rows:
        yield kind, rows


def corners_of(rows: list[bytes], vertex_count: int, name: str) -> Any:
    """Triangles of faces such as “7 8 9”, “7/1/3 …” or “-1 …” (counted from the last vertex). Raises ValueError for what is no number."""
    plain = [SLASHED.sub(b"", row) for row in rows] if any(b"/" in row for row in rows) else rows
    values = matrix(plain)
    if values is None:
        lists = [[int(word) for word in row.split()] for row in plain]
        values = fan_lists([[float(index) for index in polygon] for polygon in lists]) if all(map(is_polygon, lists)) else None
    elif 3 <= values.shape[1] <= MAX_CORNERS:
        values = cut(values)
    else:
        values = None
    if values is None:
        raise BadFile(name, "One of its faces has too few or too many corners.", EXPORT_AGAIN)
    if not np.isfinite(values).all() or (values % 1).any():
        raise ValueError(rows[0])
    return np.where(values > 0, values - 1, np.where(values < 0, vertex_count + values, -1))


def is_polygon(corners: list[int]) -> bool:
    return 3 <= len(corners) <= MAX_CORNERS


def is_plain(kind: bytes, row: bytes) -> bool:
    """Whether a line of an OBJ is understood."""
    try:
        values = matrix([SLASHED.sub(b"", row) if kind == b"f" else row])
    except ValueError:
        return False
    if values is None or values.shape[1] < 3:
        return False
    return kind == b"v" or bool(np.isfinite(values).all() and not (values % 1).any())
