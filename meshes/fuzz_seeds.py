"""Well-formed small files in every format, to be spoilt by `fuzz` and read by the tests."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from meshes import stl
from meshes.arrays import Faces, Points

RINGS: Final = 6
AROUND: Final = 8


def ball(size: Sequence[float] = (60.0, 50.0, 20.0), middle: Sequence[float] = (0.0, 0.0, 0.0)) -> tuple[Points, Faces]:
    """A closed lopsided ball with a box of `size` mm: enough of a model for every reader."""
    polar = np.linspace(0, np.pi, RINGS + 1)[1:-1]
    turn = np.linspace(0, 2 * np.pi, AROUND, endpoint=False)
    rings = [(np.sin(p) * np.cos(t), np.sin(p) * np.sin(t), -np.cos(p)) for p in polar for t in turn]
    points = np.array([(0.0, 0.0, -1.0), *rings, (0.0, 0.0, 1.0)]) * np.array(size) / 2 + np.array(middle)
    top = len(points) - 1
    faces = []
    for j in range(AROUND):
        after = (j + 1) % AROUND
        faces += [(0, 1 + after, 1 + j), (top, top - AROUND + j, top - AROUND + after)]
        for i in range(RINGS - 2):
            a, b = 1 + i * AROUND + j, 1 + i * AROUND + after
            faces += [(a, b, a + AROUND), (b, b + AROUND, a + AROUND)]
    return points, np.array(faces, dtype=np.int32)


def stl_bytes(points: Points, faces: Faces) -> bytes:
    return stl.write(points[faces].astype(np.float32))


def stl_text(points: Points, faces: Faces) -> bytes:
    lines = ["solid model"]
    for face in faces:
        corners = "".join(f"vertex {x:.6g} {y:.6g} {z:.6g}\n" for x, y, z in points[face])
        lines.append(f"facet normal 0 0 0\nouter loop\n{corners}endloop\nendfacet")
    return ("\n".join([*lines, "endsolid model"]) + "\n").encode()


def ply_header(points: Points, polygons: Sequence[Sequence[int]], kind: str, *, face_extra: str = "") -> bytes:
    return (
        f"ply\nformat {kind} 1.0\ncomment made here\nelement vertex {len(points)}\nproperty float x\nproperty float y\nproperty float z\n"
        f"element face {len(polygons)}\nproperty list uchar int vertex_indices\n{face_extra}end_header\n"
    ).encode()


def ply_binary(points: Points, polygons: Sequence[Sequence[int]], *, order: str = "<", coloured: bool = False) -> bytes:
    kind = "binary_little_endian" if order == "<" else "binary_big_endian"
    header = ply_header(points, polygons, kind, face_extra="property uchar red\n" if coloured else "")
    rows = [struct.pack(f"{order}B{len(p)}i", len(p), *p) + (b"\x80" if coloured else b"") for p in polygons]
    return header + points.astype(f"{order}f4").tobytes() + b"".join(rows)


def ply_text(points: Points, polygons: Sequence[Sequence[int]], *, coloured: bool = False) -> bytes:
    header = ply_header(points, polygons, "ascii", face_extra="property uchar red\nproperty uchar green\n" if coloured else "")
    rows = [" ".join(f"{value:.6g}" for value in point) for point in points]
    rows += [" ".join(map(str, (len(p), *p, *((128, 7) if coloured else ())))) for p in polygons]
    return header + ("\n".join(rows) + "\n").encode()


def obj_text(points: Points, polygons: Sequence[Sequence[int]]) -> bytes:
    rows = ["mtllib ../../../etc/passwd", "o model", *(f"v {x:.6g} {y:.6g} {z:.6g}" for x, y, z in points)]
    rows += ["usemtl stone", *("f " + " ".join(f"{corner + 1}/1/1" for corner in polygon) for polygon in polygons)]
    return ("\n".join(rows) + "\n").encode()


def glb_bytes(nodes: Mapping[str, tuple[Points, Faces]], **changes: Any) -> bytes:
    """A plain GLB with one node a surface. changes: members of the JSON to replace."""
    binary = bytearray()
    views: list[dict[str, Any]] = []
    accessors: list[dict[str, Any]] = []

    def add(values: Any, kind: str, code: int) -> int:
        raw = values.tobytes()
        views.append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(raw)})
        accessors.append({"bufferView": len(views) - 1, "componentType": code, "count": len(values), "type": kind})
        binary.extend(raw + b"\0" * (-len(raw) % 4))
        return len(accessors) - 1

    meshes = []
    for points, faces in nodes.values():
        where = add(points.astype("<f4"), "VEC3", 5126)
        meshes.append({"primitives": [{"attributes": {"POSITION": where}, "indices": add(faces.astype("<u4").ravel(), "SCALAR", 5125)}]})
    document = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": list(range(len(nodes)))}],
        "nodes": [{"name": name, "mesh": index} for index, name in enumerate(nodes)],
        "meshes": meshes,
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(binary)}],
    } | changes
    return glb_of(document, bytes(binary))


def glb_of(document: Any, binary: bytes) -> bytes:
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    body = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(binary), 0x004E4942) + binary
    return b"glTF" + struct.pack("<II", 2, 12 + len(body)) + body


def zip_bytes(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()
