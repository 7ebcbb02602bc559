"""One model in any format that is read, from bytes and a name: STL, PLY, OBJ, GLB. The ending chooses the reader, the content must agree.

Own strict readers for all four, no general library: those guess, repair, follow references and drop faces without a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

import numpy as np

from meshes import gltf_in, names, obj, stl, surfaces
from meshes.arrays import Faces, Points
from meshes.errors import BadFile
from meshes.stl import Triangles
from meshes.tooth_numbers import ALL_FDI
from meshes.weld import vertices_at, weld

READ: Final = {".stl": "STL", ".ply": "PLY", ".obj": "OBJ", ".glb": "GLB"}
NOT_READ: Final = (".gltf", ".dcm", ".3oxz", ".3mf", ".off", ".fbx", ".dae", ".stp", ".step", ".iges", ".x3d", ".wrl", ".vtp", ".vtk")
"""Models that people might pack; each is refused by name rather than passed over."""


@dataclass(frozen=True)
class Piece:
    """One named part of a file. name: "" for a file that is one model; triangles as in `stl`."""

    name: str
    triangles: Triangles


def ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def is_model(name: str) -> bool:
    return ending(name) in READ or ending(name) in NOT_READ


def load(data: bytes, name: str) -> tuple[Points, Faces]:
    """(vertices (n, 3) float64 mm, triangles (m, 3) int32) of one model; polygons are cut into triangles, nodes of a GLB joined.

    Raises BadFile for another format, and for every file that is not exactly of its own.
    """
    if ending(name) == ".ply":
        return surfaces.parse_ply(data, name)
    if ending(name) == ".obj":
        return obj.parse_obj(data, name)
    if ending(name) == ".glb":
        return joined(gltf_in.parse_glb(data, name), name)
    corners = triangles(data, name)
    first, faces = weld([corners])
    return vertices_at(corners, first).astype(np.float64), faces


def triangles(data: bytes, name: str) -> Triangles:
    """The model as float32 (m, 3, 3) mm, in the file's own order, so that stages of one series stay comparable. Raises BadFile."""
    if ending(name) == ".stl":
        return stl.parse(data, name)
    if ending(name) in READ:
        return as_triangles(*load(data, name))
    shown = ending(name).lstrip(".").upper()
    if shown == "GLTF":
        raise BadFile(name, "A .gltf keeps its geometry in other files, which are never fetched.", "Export it as GLB.")
    raise BadFile(name, f"Staged models are STL, PLY, OBJ or GLB; this file ends in {shown or 'nothing'}.", "Export it as STL.")


def pieces(data: bytes, name: str) -> list[Piece]:
    """The parts of a file: nodes of a GLB or objects of an OBJ that are named after teeth, gingiva, arches or stages; else the whole."""
    if not may_hold_several(data, name):
        return [Piece("", triangles(data, name))]
    nodes = gltf_in.parse_glb(data, name) if ending(name) == ".glb" else obj.parse_nodes(data, name)
    if len(nodes) > 1 and 2 * sum(tells(node.name) for node in nodes) >= len(nodes):
        return [Piece(named, as_triangles(*joined([node], f"{name}/{named}"))) for named, node in zip(distinct(nodes), nodes, strict=True)]
    return [Piece("", as_triangles(*joined(nodes, name)))]


def may_hold_several(data: bytes, name: str) -> bool:
    return ending(name) == ".glb" or (ending(name) == ".obj" and obj.has_objects(data))


def tells(name: str) -> bool:
    """Whether a node's name says what it is."""
    own = name.rsplit("/", 1)[-1]
    said = names.read_text(own)
    number = own.isdecimal() and len(own) < 4 and int(own) in ALL_FDI
    return number or said.part is not None or said.arch is not None or said.stage is not None


def distinct(nodes: list[gltf_in.Node]) -> list[str]:
    """A name for every node; equal ones, whatever the case of their letters, are told apart by a count."""
    used: set[str] = set()
    out = []
    for node in nodes:
        name, count = node.name or "node", 1
        while name.casefold() in used:
            count += 1
            name = f"{node.name or 'node'} ({count})"
        used.add(name.casefold())
        out.append(name)
    return out


def joined(nodes: list[gltf_in.Node], name: str) -> tuple[Points, Faces]:
    starts = np.cumsum([0, *(len(node.points) for node in nodes)])[:-1]
    faces = np.concatenate([node.faces + start for node, start in zip(nodes, starts, strict=True)])
    return surfaces.checked(np.concatenate([node.points for node in nodes]), surfaces.limited(faces, name), name)


def as_triangles(points: Points, faces: Faces) -> Triangles:
    """Corners as float32; -0.0 becomes 0.0, as in `stl.checked`."""
    return np.asarray(points.astype(np.float32)[faces] + np.float32(0.0))
