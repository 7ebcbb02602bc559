"""A packed GLB read back into numbers: what a viewer would show, for measuring.

Reads only what this package writes through gltfpack: EXT_meshopt_compression, KHR_mesh_quantization, one animation.
"""

from __future__ import annotations

import json
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from meshes.arrays import Faces, Floats, Points
from meshes.pack import node_modules, run_node

COMPONENT: Final = {5120: np.int8, 5121: np.uint8, 5122: np.int16, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
WIDTH: Final = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
DECODER: Final = Path("three") / "examples" / "jsm" / "libs" / "meshopt_decoder.module.js"


@dataclass(frozen=True)
class Shown:
    """One part of a decoded scene, or one epoch of it: its faces, and its vertices in the world at any stage."""

    key: str
    kind: str
    faces: Faces
    _scene: Scene
    _node: int

    def vertices_at(self, stage: int) -> Points:
        """(n, 3) mm, world; all in one place while it is hidden."""
        return self._scene.world_vertices(self._node, stage)

    def is_shown(self, stage: int) -> bool:
        return bool(np.ptp(self.vertices_at(stage), axis=0).max() > 1e-9)


class Scene:
    """A decoded GLB with its animation `stages`."""

    def __init__(self, glb: bytes) -> None:
        self.gltf, self._views = decoded(glb)
        self._nodes: list[dict[str, Any]] = self.gltf["nodes"]
        self._parent = {child: index for index, node in enumerate(self._nodes) for child in node.get("children", [])}
        self._tracks: dict[tuple[int, str], tuple[Floats, Floats]] = {}
        self._stepped: set[tuple[int, str]] = set()
        for animation in self.gltf.get("animations", []):
            for channel in animation["channels"]:
                sampler = animation["samplers"][channel["sampler"]]
                key = (channel["target"]["node"], channel["target"]["path"])
                if sampler.get("interpolation") == "STEP":
                    self._stepped.add(key)
                self._tracks[key] = (self.values(sampler["input"])[:, 0], self.values(sampler["output"]))

    def parts(self) -> dict[str, Shown]:
        """key, or name of an epoch's node -> part. The named node may be the mesh node itself or stand above it (gltfpack wraps nodes)."""
        found = {}
        for index, node in enumerate(self._nodes):
            if "mesh" not in node:
                continue
            named: int | None = index
            epoch: str | None = None
            while named is not None and "key" not in self._nodes[named].get("extras", {}):
                if "epoch_of" in self._nodes[named].get("extras", {}):
                    epoch = self._nodes[named]["name"]
                named = self._parent.get(named)
            if named is None:
                continue
            extras = self._nodes[named]["extras"]
            primitive = self.gltf["meshes"][node["mesh"]]["primitives"][0]
            faces = self.values(primitive["indices"]).astype(np.int32).reshape(-1, 3)
            key = epoch or extras["key"]
            found[key] = Shown(key, extras["kind"], faces, self, index)
        return found

    def values(self, accessor_index: int) -> Floats:
        """(count, width) float64, dequantised when the accessor says `normalized`."""
        accessor = self.gltf["accessors"][accessor_index]
        dtype = np.dtype(COMPONENT[accessor["componentType"]])
        width = WIDTH[accessor["type"]]
        view = self.gltf["bufferViews"][accessor["bufferView"]]
        stride = (
            view.get("byteStride")
            or view.get("extensions", {}).get("EXT_meshopt_compression", {}).get("byteStride")
            or dtype.itemsize * width
        )
        data = self._views[accessor["bufferView"]][accessor.get("byteOffset", 0) :]
        rows: npt.NDArray[Any] = np.ndarray((accessor["count"], width), dtype, data, 0, (stride, dtype.itemsize))
        values = rows.astype(np.float64)
        if accessor.get("normalized"):
            values = np.maximum(values / (2 ** (8 * dtype.itemsize - (dtype.kind == "i")) - 1), -1.0)
        return values

    def world_vertices(self, node_index: int, stage: int) -> Points:
        node = self._nodes[node_index]
        mesh = self.gltf["meshes"][node["mesh"]]
        primitive = mesh["primitives"][0]
        vertices = self.values(primitive["attributes"]["POSITION"])
        targets = primitive.get("targets", [])
        if targets:
            weights = self._weights(node_index, mesh, len(targets), stage)
            for weight, target in zip(weights, targets, strict=True):
                vertices = vertices + weight * self.values(target["POSITION"])
        current: int | None = node_index
        while current is not None:
            matrix = self._matrix(current, stage)
            vertices = vertices @ matrix[:3, :3].T + matrix[:3, 3]
            current = self._parent.get(current)
        return vertices

    def _weights(self, node_index: int, mesh: dict[str, Any], count: int, stage: int) -> Floats:
        track = self._tracks.get((node_index, "weights"))
        if track is None:
            return np.asarray(mesh.get("weights", [0.0] * count), dtype=np.float64)
        times, values = track
        return at(times, values.reshape(len(times), count), stage)

    def _matrix(self, index: int, stage: int) -> Floats:
        node = self._nodes[index]
        if "matrix" in node:
            return np.asarray(node["matrix"], dtype=np.float64).reshape(4, 4).T
        matrix = np.eye(4)
        rotation = self._value(index, node, "rotation", [0.0, 0.0, 0.0, 1.0], stage)
        matrix[:3, :3] = Rotation.from_quat(rotation).as_matrix() * self._value(index, node, "scale", [1.0, 1.0, 1.0], stage)
        matrix[:3, 3] = self._value(index, node, "translation", [0.0, 0.0, 0.0], stage)
        return matrix

    def _value(self, index: int, node: dict[str, Any], path: str, default: list[float], stage: int) -> Floats:
        track = self._tracks.get((index, path))
        if track is None:
            return np.asarray(node.get(path, default), dtype=np.float64)
        if (index, path) in self._stepped:
            times, values = track
            return np.asarray(values[max(int(np.searchsorted(times, stage, side="right")) - 1, 0)])
        return at(*track, stage)


def at(times: Floats, values: Floats, stage: int) -> Floats:
    """The key at `stage` seconds: linear between keys, held outside them."""
    return np.array([np.interp(stage, times, column) for column in values.T])


def decoded(glb: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """The glTF JSON and the plain bytes of every buffer view. Raises PackingFailed when Node cannot run."""
    length = struct.unpack_from("<I", glb, 12)[0]
    gltf: dict[str, Any] = json.loads(glb[20 : 20 + length])
    with tempfile.TemporaryDirectory(prefix="midline-decode-") as name:
        folder = Path(name)
        (folder / "in.glb").write_bytes(glb)
        script = Path(__file__).resolve().parent / "decode_views.mjs"
        run_node(script, "in.glb", "out.bin", node_modules() / DECODER, folder=folder)
        plain = (folder / "out.bin").read_bytes()
    views, start = [], 0
    for view in gltf["bufferViews"]:
        size = int(view["byteLength"])
        packed = view.get("extensions", {}).get("EXT_meshopt_compression")
        if packed:
            size = packed["count"] * packed["byteStride"]
        views.append(plain[start : start + size])
        start += size
    return gltf, views
