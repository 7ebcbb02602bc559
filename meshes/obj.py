"""OBJ, read strictly: vertices, faces and the names of objects, nothing else; a reference to another file is never followed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from meshes.arrays import Faces, Points
from meshes.errors import BadFile
from meshes.gltf_in import MAX_NODES, Node, plain_name
from meshes.stl import EXPORT_AGAIN, MAX_ASCII_BYTES
from meshes.surfaces import MAX_CORNERS, MAX_INDEX, NO_SUCH_VERTEX, checked, cut, fan_lists, limited
from meshes.text_rows import CHUNK, lines_of, matrix

OBJECTS: Final = re.compile(rb"^[og][ \t][^\r\n]*", re.MULTILINE)
SLASHED: Final = re.compile(rb"(?<=\d)/\S*")


def parse_obj(data: bytes, name: str) -> tuple[Points, Faces]:
    """The whole file as one surface. Raises BadFile for what is malformed."""
    points, groups = surfaces_of(data, name)
    return checked(points, limited(np.concatenate([corners for _, corners in groups]), name), name)


def parse_nodes(data: bytes, name: str) -> list[Node]:
    """The file's objects (`o`, else `g`) in their order, each with the vertices it uses. Raises BadFile for what is malformed."""
    points, groups = surfaces_of(data, name)
    checked(points, limited(np.concatenate([corners for _, corners in groups]), name), name)
    nodes = []
    for named, corners in groups:
        used, faces = np.unique(corners, return_inverse=True)
        nodes.append(Node(plain_name(named), points[used], faces.reshape(-1, 3).astype(np.int32)))
    return nodes


def has_objects(data: bytes) -> bool:
    """Whether more than one object is named: without reading the file, so that it costs next to nothing."""
    return len(set(OBJECTS.findall(data))) > 1


def surfaces_of(data: bytes, name: str) -> tuple[Points, list[tuple[str, Any]]]:
    """(vertices, [(name of an object, its triangles)]): `v`, `f` and the names of objects count; `mtllib` and all else is passed over."""
    if len(data) > MAX_ASCII_BYTES:
        raise BadFile(
            name, f"This OBJ has {len(data) / 1e6:,.0f} MB; {MAX_ASCII_BYTES // 1_000_000} MB is the limit.", "Export it as binary STL."
        )
    if b"\0" in data[:4096]:
        raise BadFile(name, "This is not an OBJ: it is not text.", EXPORT_AGAIN)
    names_with = b"o" if b"\no " in data or data.startswith(b"o ") else b"g"
    vertices: list[Points] = []
    faces: dict[str, list[Any]] = {}
    count, group = 0, ""
    for kind, rows in runs_of(lines_of(data), names_with):
        if kind == names_with:
            named = rows[0].decode("utf-8", "replace").strip()
            group = named if named in faces or len(faces) < MAX_NODES else group
            continue
        try:
            if kind == b"v":
                vertices.append(vertices_of(rows))
                count += len(rows)
            else:
                faces.setdefault(group, []).append(corners_of(rows, count, name))
        except BadFile:
            raise
        except ValueError as error:
            said = next((row for row in rows if not is_plain(kind, row)), rows[0])
            line = (kind + b" " + said)[:60].decode(errors="replace").strip()
            raise BadFile(name, f"One of its lines is not understood: “{line}”.", EXPORT_AGAIN) from error
    if not vertices or not faces:
        raise BadFile(name, "It holds no surface: vertices or faces are missing.", EXPORT_AGAIN)
    groups = [(named, np.concatenate(found)) for named, found in faces.items()]
    if any(corners.min() < 0 or corners.max() >= MAX_INDEX for _, corners in groups):
        raise BadFile(name, NO_SUCH_VERTEX, EXPORT_AGAIN)
    return np.concatenate(vertices), [(named, corners.astype(np.int64)) for named, corners in groups]


def vertices_of(rows: list[bytes]) -> Points:
    """The first three numbers of each line; colours behind them are passed over. Raises ValueError for what is no number."""
    found = matrix(rows)
    if found is None or found.shape[1] < 3:
        found = np.array([[float(value) for value in row.split()[:3]] for row in rows], dtype=np.float64)
        if found.shape != (len(rows), 3):
            raise ValueError(rows[0])
    return found[:, :3]


def runs_of(lines: Iterator[bytes], names_with: bytes) -> Iterator[tuple[bytes, list[bytes]]]:
    """(b"v", b"f" or `names_with`, what follows it on each line), as long as lines of one kind follow each other; others are left out."""
    kind, rows = b"", list[bytes]()
    for line in lines:
        first, _, rest = line.strip().replace(b"\t", b" ").partition(b" ")
        if first not in (b"v", b"f", names_with):
            continue
        if (first != kind or len(rows) == CHUNK or first == names_with) and rows:
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
