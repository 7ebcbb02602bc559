"""A small glTF 2.0 writer (binary container), just what a staged setup needs.

Contract with the viewer: one node a part, named by its key, with extras {key, arch, kind}; one animation `stages`,
LINEAR, key times = stage index in seconds. A part whose geometry changes has child nodes, one an epoch, named `KEY-e1`, `KEY-e2` …
and hidden outside their stages by a scale of 0 (STEP); the pose stays that of the part's node.
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
    targets: (k, n, 3) morph targets and weights: (stages, k) in [0, 1]; both empty for rigid parts. shown: the first and the last
    stage (None: to the end) of an epoch, None for a part with one geometry from start to end; first: the stage of weights[0].
    """

    key: str
    arch: str
    kind: str
    vertices: Points
    faces: Faces
    poses: Floats
    targets: Floats = field(default_factory=lambda: np.zeros((0, 0, 3)))
    weights: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    shown: tuple[int, int | None] | None = None
    epoch: int = 0
    first: int = 0

    @property
    def node(self) -> str:
        """The name of the node that holds its triangles."""
        return self.key if self.shown is None else f"{self.key}-e{self.epoch + 1}"

    def is_shown(self, stage: int) -> bool:
        return self.shown is None or (self.shown[0] <= stage and (self.shown[1] is None or stage <= self.shown[1]))

    def at(self, stage: int) -> Points:
        """(n, 3) mm: its vertices in the world at a stage; after its last stage it stays."""
        shape = self.vertices
        if len(self.targets):
            shape = shape + np.einsum("k,kni->ni", self.weights_at(stage), self.targets)
        pose = self.poses[min(stage, len(self.poses) - 1)]
        return np.asarray(Rotation.from_quat(pose[3:]).apply(shape) + pose[:3], dtype=np.float64)

    def weights_at(self, stage: int) -> Floats:
        return np.asarray(self.weights[min(max(stage - self.first, 0), len(self.weights) - 1)])


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

    def node(self, piece: Piece) -> int:
        """Add a part's node as it stands at stage 0, without triangles; returns its index."""
        node = {
            "name": piece.key,
            "translation": [float(value) for value in piece.poses[0, :3]],
            "rotation": [float(value) for value in piece.poses[0, 3:]],
            "extras": {"key": piece.key, "arch": piece.arch, "kind": piece.kind},
        }
        self._json["nodes"].append(node)
        self._json["scenes"][0]["nodes"].append(len(self._json["nodes"]) - 1)
        return len(self._json["nodes"]) - 1

    def epoch(self, piece: Piece, parent: int) -> int:
        """Add one epoch's triangles below its part's node; returns the index of the new node.

        The scale at rest is 1, so that a player can look at every epoch's true shape before it plays the first stage.
        """
        node = {"name": piece.node, "mesh": self.mesh(piece), "extras": {"epoch_of": piece.key}}
        self._json["nodes"].append(node)
        self._json["nodes"][parent].setdefault("children", []).append(len(self._json["nodes"]) - 1)
        return len(self._json["nodes"]) - 1

    def piece(self, piece: Piece) -> int:
        """Add a part's node with its triangles; returns the node index."""
        mesh = self.mesh(piece)
        node = self.node(piece)
        self._json["nodes"][node]["mesh"] = mesh
        return node

    def mesh(self, piece: Piece) -> int:
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
            mesh["weights"] = [float(weight) for weight in piece.weights_at(0)]
        self._json["meshes"].append(mesh)
        return len(self._json["meshes"]) - 1

    def animation(self, tracks: list[tuple[int, str, Floats]], stages: int) -> None:
        """The animation `stages`: (node, path, values per stage) over key times 0, 1, 2 … seconds."""
        times = self.accessor(np.arange(stages, dtype="<f4"), "SCALAR", bounds=True)
        animation: dict[str, Any] = {"name": "stages", "samplers": [], "channels": []}
        for node, path, values in tracks:
            kind = {"translation": "VEC3", "rotation": "VEC4", "scale": "VEC3", "weights": "SCALAR"}[path]
            how = "STEP" if path == "scale" else "LINEAR"
            animation["samplers"].append({"input": times, "output": self.accessor(values.astype("<f4"), kind), "interpolation": how})
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
    parents: dict[str, int] = {}
    for piece in pieces:
        if piece.shown is None:
            node = parent = document.piece(piece)
        else:
            parent = parents[piece.key] if piece.key in parents else document.node(piece)
            node = document.epoch(piece, parent)
            if stages > 1:
                tracks.append((node, "scale", np.array([[float(piece.is_shown(stage))] * 3 for stage in range(stages)])))
        poses = held(piece.poses, stages)
        if stages > 1 and len(piece.targets):
            tracks.append((node, "weights", np.array([piece.weights_at(stage) for stage in range(stages)]).ravel()))
        if stages > 1 and piece.key not in parents and np.ptp(poses, axis=0).max() > 1e-9:
            tracks += [(parent, "translation", poses[:, :3]), (parent, "rotation", poses[:, 3:])]
        parents[piece.key] = parent
    if tracks:
        document.animation(tracks, stages)
    return document.to_bytes()


def held(values: Floats, stages: int) -> Floats:
    """The rows padded to `stages` by repeating the last: an arch that has finished stays where it is."""
    return np.concatenate([values, np.repeat(values[-1:], max(stages - len(values), 0), axis=0)])
