"""PLY and OBJ, read strictly: vertices and faces, nothing else; a reference to another file is never followed.

Both return (vertices (n, 3) float64 mm, triangles as indices (m, 3) int32). Polygons are cut into fans.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from meshes.arrays import Faces, Points
from meshes.errors import BadFile
from meshes.stl import EXPORT_AGAIN, MAX_ASCII_BYTES, MAX_COORDINATE_MM, MAX_TRIANGLES, MIN_TRIANGLES

MAX_VERTICES: Final = 3 * MAX_TRIANGLES
MAX_CORNERS: Final = 16
MAX_INDEX: Final = 2**31
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
        elif element == "face" and len(lists) == 1 and vertices is not None:
            faces = (
                _text_faces(text, count, properties, name)
                if text is not None
                else _binary_faces(data, offset, count, properties, header.format, name)
            )
            break
        elif count:
            raise BadFile(
                name, f"Its element “{element[:20]}” is not understood; vertices and faces are.", "Export vertices and faces only."
            )
    if vertices is None or faces is None:
        raise BadFile(name, "It holds no surface: vertices or faces are missing.", "Export the scan as a surface, not as points.")
    return checked(vertices, faces, name)


def _text_rows(data: bytes, header: _Ply, name: str) -> Any:
    if len(data) > MAX_ASCII_BYTES:
        raise BadFile(
            name,
            f"This text PLY has {len(data) / 1e6:,.0f} MB; {MAX_ASCII_BYTES // 1_000_000} MB is the limit.",
            "Export it as binary PLY.",
        )
    return iter(data[header.start :].split(b"\n"))


def _numbers(rows: Any, count: int, name: str) -> list[list[float]]:
    out: list[list[float]] = []
    for _ in range(count):
        row = next(rows, None)
        if row is None:
            raise BadFile(name, f"Cut off: {count:,} rows announced, {len(out):,} there.", EXPORT_AGAIN)
        try:
            out.append([float(value) for value in row.split()])
        except ValueError as error:
            raise BadFile(name, "One of its values is not a number.", EXPORT_AGAIN) from error
    return out


def _axes(properties: list[tuple[str, ...]], name: str) -> list[int]:
    named = [entry[-1] for entry in properties]
    if not {"x", "y", "z"} <= set(named):
        raise BadFile(name, "Its vertices have no x, y and z.", EXPORT_AGAIN)
    return [named.index(axis) for axis in "xyz"]


def _text_vertices(rows: Any, count: int, properties: list[tuple[str, ...]], name: str) -> Points:
    axes = _axes(properties, name)
    values = _numbers(rows, count, name)
    if any(len(row) != len(properties) for row in values):
        raise BadFile(name, "One of its vertices has too few or too many values.", EXPORT_AGAIN)
    return np.array([[row[axis] for axis in axes] for row in values], dtype=np.float64).reshape(-1, 3)


def _text_faces(rows: Any, count: int, properties: list[tuple[str, ...]], name: str) -> Faces:
    if len(properties) != 1:
        raise BadFile(name, "Its text faces carry more than their corners.", "Export it as binary PLY or STL.")
    polygons = _numbers(rows, count, name)
    if any(not row or row[0] != len(row) - 1 or not 3 <= len(row) - 1 <= MAX_CORNERS or any(v % 1 for v in row) for row in polygons):
        raise BadFile(name, "One of its faces does not list its corners properly.", EXPORT_AGAIN)
    return fans([[int(value) for value in row[1:]] for row in polygons], name)


def _record(properties: list[tuple[str, ...]], order: str) -> np.dtype[Any]:
    return np.dtype([(f"p{index}", order + PLY_TYPES[entry[0]]) for index, entry in enumerate(properties)])


def _binary_vertices(data: bytes, offset: int, count: int, properties: list[tuple[str, ...]], kind: str, name: str) -> tuple[Points, int]:
    axes = _axes(properties, name)
    record = _record(properties, "<" if kind == "binary_little_endian" else ">")
    end = offset + count * record.itemsize
    if end > len(data):
        raise BadFile(name, f"Cut off: {count:,} vertices announced, {(len(data) - offset) // record.itemsize:,} there.", EXPORT_AGAIN)
    rows = np.frombuffer(data, record, count, offset)
    return np.stack([rows[f"p{axis}"].astype(np.float64) for axis in axes], axis=1), end


def _binary_faces(data: bytes, offset: int, count: int, properties: list[tuple[str, ...]], kind: str, name: str) -> Faces:
    """Triangles in one piece when every face has three corners; otherwise refused, since scanners write triangles."""
    order = "<" if kind == "binary_little_endian" else ">"
    fields: list[Any] = []
    for index, entry in enumerate(properties):
        if entry[0] == "list":
            fields += [("count", order + PLY_TYPES[entry[1]]), ("corners", order + PLY_TYPES[entry[2]], 3)]
        else:
            fields.append((f"p{index}", order + PLY_TYPES[entry[0]]))
    record = np.dtype(fields)
    if offset + count * record.itemsize > len(data):
        raise BadFile(name, f"Cut off: {count:,} triangles announced, {(len(data) - offset) // record.itemsize:,} there.", EXPORT_AGAIN)
    rows = np.frombuffer(data, record, count, offset)
    if (rows["count"] != 3).any():
        raise BadFile(name, "Not all of its faces are triangles.", "Export it as triangles, or as STL.")
    corners = rows["corners"].astype(np.int64)
    return limited(corners, name)


def parse_obj(data: bytes, name: str) -> tuple[Points, Faces]:
    """Only `v` and `f` lines count; `mtllib` and all else is passed over. Raises BadFile for what is malformed."""
    if len(data) > MAX_ASCII_BYTES:
        raise BadFile(
            name, f"This OBJ has {len(data) / 1e6:,.0f} MB; {MAX_ASCII_BYTES // 1_000_000} MB is the limit.", "Export it as binary STL."
        )
    if b"\0" in data[:4096]:
        raise BadFile(name, "This is not an OBJ: it is not text.", EXPORT_AGAIN)
    vertices: list[list[float]] = []
    polygons: list[list[int]] = []
    for line in data.splitlines():
        words = line.split()
        if not words:
            continue
        try:
            if words[0] == b"v" and len(words) >= 4:
                vertices.append([float(value) for value in words[1:4]])
            elif words[0] == b"f":
                polygons.append([corner(word, len(vertices)) for word in words[1:]])
        except ValueError as error:
            raise BadFile(name, f"One of its lines is not understood: “{line[:60].decode(errors='replace')}”.", EXPORT_AGAIN) from error
    if any(not 3 <= len(polygon) <= MAX_CORNERS for polygon in polygons):
        raise BadFile(name, "One of its faces has too few or too many corners.", EXPORT_AGAIN)
    if not vertices or not polygons:
        raise BadFile(name, "It holds no surface: vertices or faces are missing.", EXPORT_AGAIN)
    return checked(np.array(vertices, dtype=np.float64), fans(polygons, name), name)


def corner(word: bytes, vertex_count: int) -> int:
    """The vertex of “7”, “7/1/3” or “-1” (counted from the last). Raises ValueError for anything else."""
    index = int(word.split(b"/", 1)[0])
    return index - 1 if index > 0 else vertex_count + index


def fans(polygons: list[list[int]], name: str) -> Faces:
    if any(not 0 <= index < MAX_INDEX for polygon in polygons for index in polygon):
        raise BadFile(name, NO_SUCH_VERTEX, EXPORT_AGAIN)
    triangles = [[polygon[0], polygon[k], polygon[k + 1]] for polygon in polygons for k in range(1, len(polygon) - 1)]
    return limited(np.array(triangles, dtype=np.int64).reshape(-1, 3), name)


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
