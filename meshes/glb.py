"""A small glTF 2.0 writer (binary container), just what a staged setup needs.

Contract with the viewer: one node a part, named by its key, with extras {key, arch, kind}; one animation `stages`,
LINEAR, key times = stage index in seconds.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from meshes.arrays import Faces, Floats, Points

ARRAY_BUFFER: Final = 34962
ELEMENT_BUFFER: Final = 34963
FLOAT: Final = 5126
UNSIGNED_SHORT: Final = 5123
UNSIGNED_INT: Final = 5125
MAGIC: Final = 0x46546C67
CHUNK_JSON: Final = 0x4E4F534A
CHUNK_BIN: Final = 0x004E4942


@dataclass(frozen=True)
class Piece:
    """One part ready to be written.

    vertices: (n, 3) in local coordinates; poses: (stages, 7) tx ty tz qx qy qz qw, constant for what stands still;
    targets: (k, n, 3) morph targets and weights: (stages, k) in [0, 1]; both empty for rigid parts.
    """

    key: str
    arch: str
    kind: str
    vertices: Points
    faces: Faces
    poses: Floats
    targets: Floats = field(default_factory=lambda: np.zeros((0, 0, 3)))
    weights: Floats = field(default_factory=lambda: np.zeros((0, 0)))

    def at(self, stage: int) -> Points:
        """(n, 3) mm: its vertices in the world at a stage; after its last stage it stays."""
        shape = self.vertices
        if len(self.targets):
            shape = shape + np.einsum("k,kni->ni", self.weights[min(stage, len(self.weights) - 1)], self.targets)
        pose = self.poses[min(stage, len(self.poses) - 1)]
        return np.asarray(Rotation.from_quat(pose[3:]).apply(shape) + pose[:3], dtype=np.float64)


class Document:
    """Collects accessors and writes them as one GLB."""

    def __init__(self) -> None:
        self._bin = bytearray()
        self._json: dict[str, Any] = {
            "asset": {"version": "2.0", "generator": "Midline"},
            "scene": 0,
            "scenes": [{"nodes": []}],
            "nodes": [],
            "meshes": [],
            "accessors": [],
            "bufferViews": [],
            "buffers": [{}],
        }

    def accessor(self, values: npt.NDArray[Any], kind: str, *, target: int | None = None, bounds: bool = False) -> int:
        """Store an array as VEC3, VEC4 or SCALAR; returns its accessor index."""
        values = np.ascontiguousarray(values)
        self._bin += b"\0" * (-len(self._bin) % 4)
        view: dict[str, Any] = {"buffer": 0, "byteOffset": len(self._bin), "byteLength": values.nbytes}
        if target is not None:
            view["target"] = target
        self._json["bufferViews"].append(view)
        self._bin += values.tobytes()
        component = {"f4": FLOAT, "u2": UNSIGNED_SHORT, "u4": UNSIGNED_INT}[values.dtype.str[1:]]
        count = values.size if kind == "SCALAR" else len(values)
        accessor: dict[str, Any] = {
            "bufferView": len(self._json["bufferViews"]) - 1,
            "componentType": component,
            "count": count,
            "type": kind,
        }
        if bounds:
            rows = values.reshape(count, -1)
            accessor["min"], accessor["max"] = rows.min(axis=0).tolist(), rows.max(axis=0).tolist()
        self._json["accessors"].append(accessor)
        return len(self._json["accessors"]) - 1

    def piece(self, piece: Piece) -> int:
        """Add a part's mesh and node as it stands at stage 0; returns the node index."""
        index_type = np.uint16 if len(piece.vertices) < 65_536 else np.uint32
        primitive: dict[str, Any] = {
            "attributes": {"POSITION": self.accessor(piece.vertices.astype("<f4"), "VEC3", target=ARRAY_BUFFER, bounds=True)},
            "indices": self.accessor(piece.faces.ravel().astype(index_type), "SCALAR", target=ELEMENT_BUFFER),
        }
        mesh: dict[str, Any] = {"primitives": [primitive]}
        if len(piece.targets):
            primitive["targets"] = [
                {"POSITION": self.accessor(target.astype("<f4"), "VEC3", target=ARRAY_BUFFER, bounds=True)} for target in piece.targets
            ]
            mesh["weights"] = [float(weight) for weight in piece.weights[0]]
        self._json["meshes"].append(mesh)
        node = {
            "name": piece.key,
            "mesh": len(self._json["meshes"]) - 1,
            "translation": [float(value) for value in piece.poses[0, :3]],
            "rotation": [float(value) for value in piece.poses[0, 3:]],
            "extras": {"key": piece.key, "arch": piece.arch, "kind": piece.kind},
        }
        self._json["nodes"].append(node)
        self._json["scenes"][0]["nodes"].append(len(self._json["nodes"]) - 1)
        return len(self._json["nodes"]) - 1

    def animation(self, tracks: list[tuple[int, str, Floats]], stages: int) -> None:
        """The animation `stages`: (node, path, values per stage) over key times 0, 1, 2 … seconds."""
        times = self.accessor(np.arange(stages, dtype="<f4"), "SCALAR", bounds=True)
        animation: dict[str, Any] = {"name": "stages", "samplers": [], "channels": []}
        for node, path, values in tracks:
            kind = {"translation": "VEC3", "rotation": "VEC4", "weights": "SCALAR"}[path]
            animation["samplers"].append({"input": times, "output": self.accessor(values.astype("<f4"), kind), "interpolation": "LINEAR"})
            animation["channels"].append({"sampler": len(animation["samplers"]) - 1, "target": {"node": node, "path": path}})
        self._json["animations"] = [animation]

    def to_bytes(self) -> bytes:
        self._bin += b"\0" * (-len(self._bin) % 4)
        self._json["buffers"][0]["byteLength"] = len(self._bin)
        text = json.dumps(self._json, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        header = struct.pack("<III", MAGIC, 2, 12 + 8 + len(text) + 8 + len(self._bin))
        return header + struct.pack("<II", len(text), CHUNK_JSON) + text + struct.pack("<II", len(self._bin), CHUNK_BIN) + bytes(self._bin)


def write(pieces: list[Piece], stages: int) -> bytes:
    """The GLB of a staged setup, before packing. stages: how many poses, stage 0 included; shorter tracks hold their last."""
    document = Document()
    tracks: list[tuple[int, str, Floats]] = []
    for piece in pieces:
        node = document.piece(piece)
        poses = held(piece.poses, stages)
        if stages > 1 and len(piece.targets):
            tracks.append((node, "weights", held(piece.weights, stages).ravel()))
        elif stages > 1 and np.ptp(poses, axis=0).max() > 1e-9:
            tracks += [(node, "translation", poses[:, :3]), (node, "rotation", poses[:, 3:])]
    if tracks:
        document.animation(tracks, stages)
    return document.to_bytes()


def held(values: Floats, stages: int) -> Floats:
    """The rows padded to `stages` by repeating the last: an arch that has finished stays where it is."""
    return np.concatenate([values, np.repeat(values[-1:], max(stages - len(values), 0), axis=0)])
