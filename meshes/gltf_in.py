"""A GLB from outside, read strictly: nodes with triangles, nothing else. Own, because general readers follow addresses and repair silently.

Only the bytes of the file itself are read; an address of another file is refused (geometry) or passed over (pictures). Lengths
are metres by the standard and millimetres by habit: a scene no larger than METRES_BELOW is taken for metres.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.spatial.transform import Rotation

from meshes.arrays import Faces, Floats, Points
from meshes.errors import BadFile
from meshes.stl import EXPORT_AGAIN, MAX_TRIANGLES

MAGIC: Final = b"glTF"
JSON_CHUNK: Final = 0x4E4F534A
BINARY_CHUNK: Final = 0x004E4942
MAX_JSON_BYTES: Final = 8_000_000
MAX_NODES: Final = 5_000
MAX_DEPTH: Final = 64
MAX_NAME: Final = 80
METRES_BELOW: Final = 0.25
KNOWN_EXTENSIONS: Final = frozenset({"KHR_mesh_quantization", "KHR_materials_unlit", "KHR_materials_specular", "KHR_texture_transform"})
COMPONENTS: Final = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS: Final = {"SCALAR": 1, "VEC3": 3}
TRIANGLES: Final = 4
PLAIN_GLB: Final = "Export it as an ordinary GLB: triangles, not compressed, everything in one file."


@dataclass(frozen=True)
class Node:
    """One node with triangles: its path of names from the root, "/" between them ("" without any), points in mm, world; faces (m, 3)."""

    name: str
    points: Points
    faces: Faces


def parse_glb(data: bytes, name: str) -> list[Node]:
    """Every node with triangles, in the order of the scene. Raises BadFile for anything outside the core of the format."""
    document, binary = chunks(data, name)
    return _Reader(document, binary, name).nodes()


def chunks(data: bytes, name: str) -> tuple[dict[str, Any], bytes]:
    """(the JSON object, the bytes of the binary chunk)."""
    if len(data) < 20 or data[:4] != MAGIC:
        raise BadFile(name, "This is not a GLB: it does not begin like one.", EXPORT_AGAIN)
    version, length = struct.unpack_from("<II", data, 4)
    if version != 2:
        raise BadFile(name, f"It is a GLB of version {version}; version 2 is read.", PLAIN_GLB)
    if length != len(data):
        raise BadFile(name, f"Its header announces {length:,} bytes; {len(data):,} are there.", EXPORT_AGAIN)
    found: dict[int, bytes] = {}
    at = 12
    while at < len(data):
        if at + 8 > len(data):
            raise BadFile(name, "Cut off in the middle of a chunk.", EXPORT_AGAIN)
        size, kind = struct.unpack_from("<II", data, at)
        if at + 8 + size > len(data):
            raise BadFile(name, "Cut off in the middle of a chunk.", EXPORT_AGAIN)
        if at == 12 and kind != JSON_CHUNK:
            raise BadFile(name, "Its first chunk is not its description.", EXPORT_AGAIN)
        if kind not in found:
            found[kind] = data[at + 8 : at + 8 + size]
        at += 8 + size
    text = found.get(JSON_CHUNK, b"")
    if len(text) > MAX_JSON_BYTES:
        raise BadFile(name, f"Its description has {len(text) / 1e6:,.0f} MB; {MAX_JSON_BYTES // 1_000_000} MB is the limit.", PLAIN_GLB)
    return described(text, name), found.get(BINARY_CHUNK, b"")


def described(text: bytes, name: str) -> dict[str, Any]:
    try:
        document = json.loads(text.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadFile(name, "Its description is not proper JSON.", EXPORT_AGAIN) from error
    if not isinstance(document, dict):
        raise BadFile(name, "Its description is not proper JSON.", EXPORT_AGAIN)
    return document


def _no_constant(text: str) -> float:
    raise ValueError(text)


class _Reader:
    """One GLB being read. Every index and size of its description is checked before it is used."""

    def __init__(self, document: dict[str, Any], binary: bytes, name: str) -> None:
        self.document, self.binary, self.name = document, binary, name
        self.triangles = 0
        self.vertices = 0

    def wrong(self, what: str) -> BadFile:
        return BadFile(self.name, f"Its description does not hold together: {what}.", EXPORT_AGAIN)

    def plain(self, reason: str) -> BadFile:
        return BadFile(self.name, reason, PLAIN_GLB)

    def listed(self, key: str) -> list[Any]:
        value = self.document.get(key, [])
        if not isinstance(value, list):
            raise self.wrong(f"“{key}” is no list")
        return value

    def item(self, key: str, index: object) -> dict[str, Any]:
        """The object with this index of a list. Raises BadFile when there is none."""
        items = self.listed(key)
        if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(items) or not isinstance(items[index], dict):
            raise self.wrong(f"{key} has no number {str(index)[:20]}")
        found: dict[str, Any] = items[index]
        return found

    def whole(self, holder: dict[str, Any], key: str, default: int | None = None) -> int:
        value = holder.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**40:
            raise self.wrong(f"“{key}” is {str(value)[:20]}")
        return value

    def nodes(self) -> list[Node]:
        self.refuse_unread()
        found: list[Node] = []
        waiting: list[tuple[int, Floats, tuple[str, ...], int]] = [(index, np.eye(4), (), 0) for index in reversed(self.roots())]
        seen: set[int] = set()
        while waiting:
            index, above, path, depth = waiting.pop()
            node = self.item("nodes", index)
            if index in seen or depth > MAX_DEPTH:
                raise self.wrong("a node stands below itself or too deep")
            seen.add(index)
            world = above @ self.transform(node)
            named = plain_name(node.get("name"))
            here = (*path, named) if named else path
            if "mesh" in node:
                mesh = self.item("meshes", node["mesh"])
                points, faces = self.surface(mesh, world)
                found.append(Node("/".join(here) or plain_name(mesh.get("name")), points, faces))
            children = node.get("children", [])
            if not isinstance(children, list) or len(children) > MAX_NODES:
                raise self.wrong("“children” is no list")
            waiting += [(child, world, here, depth + 1) for child in reversed(children)]
        if not found:
            raise BadFile(self.name, "It holds no surface: no node has triangles.", EXPORT_AGAIN)
        return in_millimetres(found, self.name)

    def refuse_unread(self) -> None:
        """What would be lost or fetched if it were passed over."""
        asset = self.document.get("asset")
        if not isinstance(asset, dict) or not str(asset.get("version", "")).startswith("2."):
            raise self.wrong("its version is missing")
        if len(self.listed("nodes")) > MAX_NODES:
            raise self.plain(f"It has {len(self.listed('nodes')):,} nodes; {MAX_NODES:,} are read at most.")
        for extension in self.listed("extensionsRequired"):
            if extension not in KNOWN_EXTENSIONS:
                raise self.plain(f"It needs “{str(extension)[:40]}”, which is not read.")
        if self.listed("animations"):
            raise BadFile(self.name, "Its stages are an animation, which is not read.", "Export one GLB a stage, or use the setup package.")
        for buffer in self.listed("buffers"):
            if isinstance(buffer, dict) and "uri" in buffer:
                raise self.plain("Its geometry is kept in another file, which is never fetched.")

    def roots(self) -> list[int]:
        if not self.listed("scenes"):
            below = {child for node in self.listed("nodes") if isinstance(node, dict) for child in _numbers(node.get("children"))}
            return [index for index in range(len(self.listed("nodes"))) if index not in below]
        scene = self.item("scenes", self.document.get("scene", 0))
        roots = scene.get("nodes", [])
        if not isinstance(roots, list):
            raise self.wrong("its scene has no list of nodes")
        return roots

    def transform(self, node: dict[str, Any]) -> Floats:
        matrix = np.eye(4)
        if "matrix" in node:
            matrix = self.floats(node["matrix"], 16).reshape(4, 4).T
        else:
            turn = self.floats(node.get("rotation", [0, 0, 0, 1]), 4)
            if not 0.5 < float(np.linalg.norm(turn)) < 2.0:
                raise self.wrong("a rotation is none")
            matrix[:3, :3] = Rotation.from_quat(turn).as_matrix() * self.floats(node.get("scale", [1, 1, 1]), 3)
            matrix[:3, 3] = self.floats(node.get("translation", [0, 0, 0]), 3)
        return matrix

    def floats(self, value: object, count: int) -> Floats:
        if not isinstance(value, list) or len(value) != count or any(isinstance(v, bool) or not isinstance(v, (int, float)) for v in value):
            raise self.wrong("a transformation is not made of numbers")
        if any(abs(v) > 1e9 for v in value):
            raise self.wrong("a transformation is too large")
        return np.array(value, dtype=np.float64)

    def surface(self, mesh: dict[str, Any], world: Floats) -> tuple[Points, Faces]:
        """Every primitive of a mesh as one surface, in world coordinates."""
        primitives = mesh.get("primitives")
        if not isinstance(primitives, list) or not primitives or len(primitives) > MAX_NODES:
            raise self.wrong("a mesh has no primitives")
        points: list[Points] = []
        faces: list[Faces] = []
        count = 0
        for primitive in primitives:
            if not isinstance(primitive, dict):
                raise self.wrong("a primitive is no object")
            vertices, triangles = self.primitive(primitive)
            points.append(vertices)
            faces.append(triangles + count)
            count += len(vertices)
        turn = world[:3, :3]
        placed = np.concatenate(points) @ turn.T + world[:3, 3]
        triangles = np.concatenate(faces)
        if abs(float(np.linalg.det(turn))) < 1e-12 * max(float(np.abs(turn).max()) ** 3, 1e-30):
            raise self.wrong("a node is squeezed flat")
        return placed, np.asarray(triangles if np.linalg.det(turn) > 0 else triangles[:, ::-1], dtype=np.int32)

    def primitive(self, primitive: dict[str, Any]) -> tuple[Points, Faces]:
        if primitive.get("mode", TRIANGLES) != TRIANGLES:
            raise self.plain("One of its surfaces is made of points, lines or strips, not of triangles.")
        if primitive.get("targets"):
            raise self.plain("One of its surfaces has morph targets, which are not read.")
        attributes = primitive.get("attributes")
        if not isinstance(attributes, dict) or "POSITION" not in attributes:
            raise self.plain("One of its surfaces has no positions of its own; it may be compressed.")
        vertices = self.accessor(attributes["POSITION"], "VEC3")
        self.vertices += len(vertices)
        if "indices" in primitive:
            corners = self.accessor(primitive["indices"], "SCALAR").ravel()
        else:
            corners = np.arange(len(vertices), dtype=np.float64)
        if len(corners) % 3 or not len(corners):
            raise self.wrong("a surface has corners that make no triangles")
        self.triangles += len(corners) // 3
        if self.triangles > MAX_TRIANGLES or self.vertices > 3 * MAX_TRIANGLES:
            raise BadFile(self.name, f"It has more than {MAX_TRIANGLES:,} triangles.", "Export it with fewer triangles.")
        if corners.max() >= len(vertices):
            raise BadFile(
                self.name, f"One of its faces names vertex {int(corners.max()) + 1:,}; there are {len(vertices):,}.", EXPORT_AGAIN
            )
        return vertices, corners.astype(np.int32).reshape(-1, 3)

    def accessor(self, index: object, kind: str) -> Floats:
        """Its values as float64, (count, 3) or (count,); integers are scaled when they are normalised."""
        about = self.item("accessors", index)
        code = about.get("componentType")
        if about.get("type") != kind or not isinstance(code, int) or code not in COMPONENTS:
            raise self.wrong("an accessor has a type that does not fit")
        if "sparse" in about or "bufferView" not in about:
            raise self.plain("One of its surfaces is stored sparsely or compressed.")
        component = np.dtype(COMPONENTS[code])
        if kind == "SCALAR" and component.kind != "u":
            raise self.wrong("corners are not whole numbers")
        count, width = self.whole(about, "count"), WIDTHS[kind]
        view = self.item("bufferViews", about["bufferView"])
        if self.whole(view, "buffer", 0):
            raise self.wrong("a view names a buffer outside the file")
        first, length = self.whole(view, "byteOffset", 0), self.whole(view, "byteLength")
        offset, row = first + self.whole(about, "byteOffset", 0), component.itemsize * width
        stride = self.whole(view, "byteStride", row) or row
        if stride < row or stride > 252:
            raise self.wrong(f"“byteStride” is {stride}")
        if not count or count > 3 * MAX_TRIANGLES:
            raise BadFile(self.name, f"One of its surfaces has {count:,} values; 1 to {3 * MAX_TRIANGLES:,} are read.", EXPORT_AGAIN)
        if first + length > len(self.binary) or offset + (count - 1) * stride + row > first + length:
            raise BadFile(self.name, f"Cut off: {count:,} values announced, fewer are there.", EXPORT_AGAIN)
        shape, strides = ((count, width), (stride, component.itemsize)) if width > 1 else ((count,), (stride,))
        raw = np.ndarray(shape, component, self.binary, offset, strides)
        with np.errstate(invalid="ignore"):
            values = raw.astype(np.float64)
        if about.get("normalized") is True and component.kind != "f":
            values = np.maximum(values / np.iinfo(component).max, -1.0)
        return values


def _numbers(value: object) -> list[int]:
    return [child for child in value if isinstance(child, int)] if isinstance(value, list) else []


def plain_name(value: object) -> str:
    """A node's name as part of a path: no slash, no control character, not endless; "" for what is no name."""
    if not isinstance(value, str):
        return ""
    text = "".join(sign if sign.isprintable() and sign not in "/\\" else "_" for sign in value[:MAX_NAME]).strip()
    return "" if text in (".", "..") else text


def in_millimetres(nodes: list[Node], name: str) -> list[Node]:
    """The scene in millimetres, or BadFile when a coordinate is no number."""
    if not all(np.isfinite(node.points).all() for node in nodes):
        raise BadFile(name, "One of its vertices is not a number.", EXPORT_AGAIN)
    low = np.min([node.points.min(axis=0) for node in nodes], axis=0)
    high = np.max([node.points.max(axis=0) for node in nodes], axis=0)
    if float((high - low).max()) >= METRES_BELOW:
        return nodes
    return [Node(node.name, node.points * 1000.0, node.faces) for node in nodes]
