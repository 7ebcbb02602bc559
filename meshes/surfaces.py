"""PLY, read strictly: vertices and faces, nothing else. What `obj` shares of it: polygons cut into triangles, limits.

Readers return (vertices (n, 3) float64 mm, triangles as indices (m, 3) int32). Polygons are cut into fans.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from meshes.arrays import Faces, Floats, Points
from meshes.errors import BadFile
from meshes.stl import EXPORT_AGAIN, MAX_ASCII_BYTES, MAX_COORDINATE_MM, MAX_TRIANGLES, MIN_TRIANGLES
from meshes.text_rows import chunks, lines_of, matrix

MAX_VERTICES: Final = 3 * MAX_TRIANGLES
MAX_CORNERS: Final = 16
MAX_INDEX: Final = 2**31
NOT_LISTED: Final = "One of its faces does not list its corners properly."
NO_SUCH_VERTEX: Final = "One of its faces names a vertex that does not exist."
MAX_HEADER_BYTES: Final = 16_384
PLY_TYPES: Final = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2", "ushort": "u2", "uint16": "u2",
    "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4", "float": "f4", "float32": "f4", "double": "f8", "float64": "f8",
}  # fmt: skip


class _Ply:
    """The header of a PLY: format, elements in order, and where the data begins."""

    def __init__(self, data: bytes, name: str) -> None:
        end = data.find(b"end_header", 0, MAX_HEADER_BYTES)
        after = data.find(b"\n", end) + 1 if end >= 0 else 0
        if not data.startswith(b"ply") or not after:
            raise BadFile(name, "This is not a PLY: its header has no beginning or no end.", EXPORT_AGAIN)
        self.start = after
        self.format = ""
        self.elements: list[tuple[str, int, list[tuple[str, ...]]]] = []
        for line in data[:end].decode("ascii", "replace").splitlines()[1:]:
            words = line.split()
            if not words or words[0] in ("comment", "obj_info"):
                continue
            self._take(words, name)
        if self.format not in ("ascii", "binary_little_endian", "binary_big_endian"):
            raise BadFile(name, f"Its PLY format is “{self.format[:40]}”, which is not one.", EXPORT_AGAIN)

    def _take(self, words: list[str], name: str) -> None:
        if words[0] == "format" and len(words) >= 2:
            self.format = words[1]
        elif words[0] == "element" and len(words) == 3 and words[2].isdigit() and len(words[2]) < 10:
            self.elements.append((words[1], int(words[2]), []))
        elif words[0] == "property" and self.elements and is_property(words[1:]):
            self.elements[-1][2].append(tuple(words[1:]))
        else:
            raise BadFile(name, f"Its PLY header has a line that is not understood: “{' '.join(words)[:60]}”.", EXPORT_AGAIN)


def is_property(words: list[str]) -> bool:
    """“float x”, or “list uchar int vertex_indices” with whole numbers for count and corners."""
    if words and words[0] == "list":
        return len(words) == 4 and all(PLY_TYPES.get(word, "f")[0] != "f" for word in words[1:3])
    return len(words) == 2 and words[0] in PLY_TYPES


def parse_ply(data: bytes, name: str) -> tuple[Points, Faces]:
    """Raises BadFile for anything but vertices with x y z and faces with a vertex list."""
    header = _Ply(data, name)
    vertices: Points | None = None
    faces: Faces | None = None
    offset = header.start
    text = _text_rows(data, header, name) if header.format == "ascii" else None
    for element, count, properties in header.elements:
        if count > max(MAX_VERTICES, MAX_TRIANGLES):
            raise BadFile(
                name,
                f"Its header announces {count:,} of “{element[:20]}”; {MAX_VERTICES:,} is the limit.",
                "Export it with fewer triangles.",
            )
        lists = [entry for entry in properties if entry[0] == "list"]
        if element == "vertex" and not lists:
            if text is not None:
                vertices = _text_vertices(text, count, properties, name)
            else:
                vertices, offset = _binary_vertices(data, offset, count, properties, header.format, name)
        elif element == "face" and corner_list(properties) is not None and vertices is not None:
            faces = (
                _text_faces(text, count, properties, name)
                if text is not None
                else _binary_faces(data, offset, count, properties, header.format, name)
            )
            break
        elif not count:
            continue
        elif lists:
            raise BadFile(
                name, f"Its element “{element[:20]}” is not understood; vertices and faces are.", "Export vertices and faces only."
            )
        elif text is not None:
            for _ in _numbers(text, count, name):
                pass
        else:
            offset = _after_rows(data, offset, count, properties, header.format, name)
    if vertices is None or faces is None:
        raise BadFile(name, "It holds no surface: vertices or faces are missing.", "Export the scan as a surface, not as points.")
    return checked(vertices, faces, name)


def _text_rows(data: bytes, header: _Ply, name: str) -> Iterator[bytes]:
    if len(data) > MAX_ASCII_BYTES:
        raise BadFile(
            name,
            f"This text PLY has {len(data) / 1e6:,.0f} MB; {MAX_ASCII_BYTES // 1_000_000} MB is the limit.",
            "Export it as binary PLY.",
        )
    return lines_of(data, header.start)


def _numbers(rows: Iterator[bytes], count: int, name: str) -> Iterator[Floats | list[list[float]]]:
    """The rows of an element, many at a time: (n, k) when they are even, else lists."""
    there = 0
    for chunk in chunks(rows, count):
        there += len(chunk)
        try:
            found = matrix(chunk)
            yield found if found is not None else [[float(value) for value in row.split()] for row in chunk]
        except ValueError as error:
            raise BadFile(name, "One of its values is not a number.", EXPORT_AGAIN) from error
    if there < count:
        raise BadFile(name, f"Cut off: {count:,} rows announced, {there:,} there.", EXPORT_AGAIN)


def _axes(properties: list[tuple[str, ...]], name: str) -> list[int]:
    named = [entry[-1] for entry in properties]
    if not {"x", "y", "z"} <= set(named):
        raise BadFile(name, "Its vertices have no x, y and z.", EXPORT_AGAIN)
    return [named.index(axis) for axis in "xyz"]


def _text_vertices(rows: Iterator[bytes], count: int, properties: list[tuple[str, ...]], name: str) -> Points:
    axes = _axes(properties, name)
    found = []
    for values in _numbers(rows, count, name):
        if isinstance(values, list) or values.shape[1] != len(properties):
            raise BadFile(name, "One of its vertices has too few or too many values.", EXPORT_AGAIN)
        found.append(values[:, axes])
    return np.concatenate(found) if found else np.empty((0, 3))


def corner_list(properties: list[tuple[str, ...]]) -> int | None:
    """Which property lists a face's corners: the one so named, else the only list."""
    lists = [index for index, entry in enumerate(properties) if entry[0] == "list"]
    named = [index for index in lists if properties[index][-1] in ("vertex_indices", "vertex_index")]
    return named[0] if named else lists[0] if len(lists) == 1 else None


def _text_faces(rows: Iterator[bytes], count: int, properties: list[tuple[str, ...]], name: str) -> Faces:
    pieces = [_even_faces(values, properties) for values in _numbers(rows, count, name)]
    found = [piece if not isinstance(piece, list) else fan_lists(_uneven_faces(piece, properties, name)) for piece in pieces]
    corners = np.concatenate(found) if found else np.empty((0, 3))
    if not np.isfinite(corners).all() or (corners % 1).any():
        raise BadFile(name, NOT_LISTED, EXPORT_AGAIN)
    if corners.size and (corners.min() < 0 or corners.max() >= MAX_INDEX):
        raise BadFile(name, NO_SUCH_VERTEX, EXPORT_AGAIN)
    return limited(corners.astype(np.int64), name)


def _even_faces(values: Floats | list[list[float]], properties: list[tuple[str, ...]]) -> Floats | list[list[float]]:
    """Triangles of rows that all have one list of the same length; other rows as lists."""
    if isinstance(values, list):
        return values
    lists = [index for index, entry in enumerate(properties) if entry[0] == "list"]
    sides = values.shape[1] - len(properties)
    if len(lists) == 1 and 3 <= sides <= MAX_CORNERS and (values[:, lists[0]] == sides).all():
        return np.asarray(cut(values[:, lists[0] + 1 : lists[0] + 1 + sides]), dtype=np.float64)
    rows: list[list[float]] = values.tolist()
    return rows


def _uneven_faces(rows: list[list[float]], properties: list[tuple[str, ...]], name: str) -> list[list[float]]:
    wanted = corner_list(properties)
    polygons = []
    for row in rows:
        at, corners = 0, None
        for index, entry in enumerate(properties):
            length = 1
            if entry[0] == "list":
                length = int(row[at]) if at < len(row) and 0 <= row[at] <= len(row) else -1
                at += 1
            if index == wanted:
                corners = row[at : at + max(length, 0)]
            at += length
        if at != len(row) or corners is None or not 3 <= len(corners) <= MAX_CORNERS:
            raise BadFile(name, NOT_LISTED, EXPORT_AGAIN)
        polygons.append(corners)
    return polygons


def _record(properties: list[tuple[str, ...]], order: str) -> np.dtype[Any]:
    return np.dtype([(f"p{index}", order + PLY_TYPES[entry[0]]) for index, entry in enumerate(properties)])


def _binary_vertices(data: bytes, offset: int, count: int, properties: list[tuple[str, ...]], kind: str, name: str) -> tuple[Points, int]:
    axes = _axes(properties, name)
    record = _record(properties, "<" if kind == "binary_little_endian" else ">")
    end = offset + count * record.itemsize
    if end > len(data):
        raise BadFile(name, f"Cut off: {count:,} vertices announced, {(len(data) - offset) // record.itemsize:,} there.", EXPORT_AGAIN)
    rows = np.frombuffer(data, record, count, offset)
    with np.errstate(invalid="ignore"):  # a signalling NaN is refused later, like any other
        return np.stack([rows[f"p{axis}"].astype(np.float64) for axis in axes], axis=1), end


def _after_rows(data: bytes, offset: int, count: int, properties: list[tuple[str, ...]], kind: str, name: str) -> int:
    """Where the rows of an element that is not needed end."""
    end = offset + count * _record(properties, "<").itemsize
    if not properties or end > len(data):
        raise BadFile(name, "Cut off before its faces begin.", EXPORT_AGAIN)
    return end


def _binary_faces(data: bytes, offset: int, count: int, properties: list[tuple[str, ...]], kind: str, name: str) -> Faces:
    """In one piece when every list has the same length as in the first face, as in triangles or quads; else face by face."""
    order = "<" if kind == "binary_little_endian" else ">"
    wanted = corner_list(properties)
    if not count:
        return limited(np.empty((0, 3), np.int64), name)
    rows = _even_rows(data, offset, count, properties, order)
    if rows is not None:
        corners = rows[f"corners{wanted}"].astype(np.int64)
        if not 3 <= corners.shape[1] <= MAX_CORNERS:
            raise BadFile(name, NOT_LISTED, EXPORT_AGAIN)
        return limited(cut(corners), name)
    starts: dict[int, list[int]] = {}
    at = offset
    for _ in range(count):
        for index, entry in enumerate(properties):
            if entry[0] != "list":
                at += np.dtype(PLY_TYPES[entry[0]]).itemsize
                continue
            size = np.dtype(PLY_TYPES[entry[1]]).itemsize
            length = int.from_bytes(data[at : at + size], "little" if order == "<" else "big")
            at += size
            if index == wanted:
                starts.setdefault(length, []).append(at)
            at += length * np.dtype(PLY_TYPES[entry[2]]).itemsize
        if at > len(data):
            raise BadFile(name, "Cut off in the middle of its faces.", EXPORT_AGAIN)
    if any(not 3 <= length <= MAX_CORNERS for length in starts):
        raise BadFile(name, NOT_LISTED, EXPORT_AGAIN)
    item = np.dtype(order + PLY_TYPES[properties[wanted or 0][2]])
    pool = np.frombuffer(data, np.uint8)
    pieces = [
        pool[np.array(found)[:, None] + np.arange(length * item.itemsize)].view(item).astype(np.int64)
        for length, found in sorted(starts.items())
    ]
    return limited(np.concatenate([cut(piece) for piece in pieces]), name)


def _even_rows(data: bytes, offset: int, count: int, properties: list[tuple[str, ...]], order: str) -> Any:
    """All faces as one array of records, when every list has the length it has in the first face; else None."""
    fields: list[Any] = []
    at, lengths = offset, {}
    for index, entry in enumerate(properties):
        if entry[0] == "list":
            size = np.dtype(PLY_TYPES[entry[1]]).itemsize
            lengths[index] = int.from_bytes(data[at : at + size], "little" if order == "<" else "big")
            if lengths[index] > MAX_CORNERS * 2:
                return None
            fields += [(f"count{index}", order + PLY_TYPES[entry[1]]), (f"corners{index}", order + PLY_TYPES[entry[2]], (lengths[index],))]
            at += size + lengths[index] * np.dtype(PLY_TYPES[entry[2]]).itemsize
        else:
            fields.append((f"p{index}", order + PLY_TYPES[entry[0]]))
            at += np.dtype(PLY_TYPES[entry[0]]).itemsize
    record = np.dtype(fields)
    if offset + count * record.itemsize > len(data):
        return None
    rows = np.frombuffer(data, record, count, offset)
    return rows if all((rows[f"count{index}"] == length).all() for index, length in lengths.items()) else None


def fan_lists(polygons: list[list[float]]) -> Any:
    """Polygons of different numbers of corners as fans of triangles, in their order."""
    triangles = [[polygon[0], polygon[k], polygon[k + 1]] for polygon in polygons for k in range(1, len(polygon) - 1)]
    return np.array(triangles, dtype=np.float64).reshape(-1, 3)


def cut(corners: Any) -> Any:
    """Polygons of one number of corners (n, k) as fans of triangles, in their order."""
    sides = range(1, corners.shape[1] - 1)
    return np.stack([corners[:, [0, side, side + 1]] for side in sides], axis=1).reshape(-1, 3)


def limited(corners: Any, name: str) -> Faces:
    if not MIN_TRIANGLES <= len(corners) <= MAX_TRIANGLES:
        raise BadFile(
            name, f"It has {len(corners):,} triangles; {MIN_TRIANGLES} to {MAX_TRIANGLES:,} are read.", "Export it with fewer triangles."
        )
    if corners.min() < 0 or corners.max() >= MAX_INDEX:
        raise BadFile(name, NO_SUCH_VERTEX, EXPORT_AGAIN)
    return np.asarray(corners, dtype=np.int32)


def checked(vertices: Points, faces: Faces, name: str) -> tuple[Points, Faces]:
    """Every index exists, every coordinate is finite and within the limit."""
    if int(faces.max()) >= len(vertices):
        raise BadFile(name, f"One of its faces names vertex {int(faces.max()) + 1:,}; there are {len(vertices):,}.", EXPORT_AGAIN)
    if not np.isfinite(vertices).all():
        raise BadFile(name, "One of its vertices is not a number.", EXPORT_AGAIN)
    far = float(np.abs(vertices).max())
    if far > MAX_COORDINATE_MM:
        raise BadFile(
            name,
            f"A vertex lies {far:,.6g} mm from the origin; {MAX_COORDINATE_MM:,.0f} mm is the limit.",
            "Export in millimetres, near the origin.",
        )
    return vertices, faces
