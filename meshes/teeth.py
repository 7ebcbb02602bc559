"""What is known of a tooth beyond its shape: its number, its own frame, and its movement in that frame.

Sign convention (product.md): mesial +, buccal +, occlusal (extrusion) + in mm; rotation + turns the mesial surface
towards buccal, tip + moves the crown mesially, torque + moves the crown buccally, in degrees. Always at the crown centre.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from meshes.arrays import Floats, Points

REFERENCE_POINT: Final = "crown centre"
COLUMNS: Final = ("stage", "mesial_mm", "buccal_mm", "occlusal_mm", "rotation_deg", "tip_deg", "torque_deg")

X_IS_MESIAL_QUADRANTS: Final = {1, 3, 5, 7}
"""Where x of a frame built by `frame_at` points mesially: upper right and lower left, permanent and deciduous."""

LABEL_GAP_MM: Final = 1.5


class ToothMotion(NamedTuple):
    """What the movement table needs of one tooth.

    frame: 4x4, the tooth's frame in the world at stage 0, origin at the crown centre;
    poses: one [tx, ty, tz, qx, qy, qz, qw] a stage, the part's place in the world (mm, unit quaternion).
    """

    frame: Sequence[Sequence[float]]
    poses: Sequence[Sequence[float]]


def along_the_arch(centres: Points) -> list[int]:
    """The order of teeth from the patient's right to left.

    centres: (n, 3), portal frame. The angle round a point behind the arch orders a horseshoe, whatever the crowding.
    """
    if len(centres) < 2:
        return list(range(len(centres)))
    middle = (centres[:, 0].min() + centres[:, 0].max()) / 2
    behind = centres[:, 1].max() + 2.0
    return [int(i) for i in np.argsort(np.arctan2(centres[:, 0] - middle, behind - centres[:, 1]), kind="stable")]


def frame_at(ordered_centres: Points, index: int, arch: str, points: Points) -> Floats:
    """The frame of one tooth, estimated from its neighbours: 4x4, right-handed, columns x y z and origin.

    z: occlusal, square to the occlusal plane; y: buccal, square to the arch; x: along the arch (mesial in quadrants 1 and
    3, distal in 2 and 4). Origin: centre of the crown's box in these axes. points: (n, 3) of the tooth at stage 0.
    """
    occlusal = np.array([0.0, 0.0, -1.0 if arch == "upper" else 1.0])
    if len(ordered_centres) >= 6:
        spread = ordered_centres - ordered_centres.mean(axis=0)
        normal = np.linalg.svd(spread, full_matrices=False)[2][2]
        normal *= np.sign(normal @ occlusal) or 1.0
        if normal @ occlusal > 0.9:
            occlusal = normal
    before = ordered_centres[max(index - 1, 0)]
    after = ordered_centres[min(index + 1, len(ordered_centres) - 1)]
    tangent = after - before  # towards the patient's left
    tangent = tangent - occlusal * (tangent @ occlusal)
    length = float(np.linalg.norm(tangent))
    tangent = tangent / length if length > 1e-6 else np.array([1.0, 0.0, 0.0])
    up = np.array([0.0, 0.0, 1.0])
    buccal = np.cross(tangent, up)  # left x up = anterior on the front teeth
    buccal -= occlusal * (buccal @ occlusal)
    buccal /= np.linalg.norm(buccal)
    axes = np.stack([np.cross(buccal, occlusal), buccal, occlusal], axis=1)
    local = points @ axes
    frame = np.eye(4)
    frame[:3, :3] = axes
    frame[:3, 3] = axes @ ((local.min(axis=0) + local.max(axis=0)) / 2)
    return frame


def size_in(frame: Floats, points: Points) -> Floats:
    """(3,) mm: mesiodistal, buccolingual and vertical extent of the tooth in its frame."""
    local = (points - frame[:3, 3]) @ frame[:3, :3]
    return np.asarray(np.ptp(local, axis=0), dtype=np.float64)


def label_point(frame: Floats, size: Floats) -> list[float]:
    """Where the tooth's number is written: beside the crown, a little outside towards buccal; world, stage 0."""
    point = frame[:3, 3] + frame[:3, 1] * (size[1] / 2 + LABEL_GAP_MM)
    return [round(float(value), 3) for value in point]


def mesial_sign(fdi: int | None, frame: Floats) -> float:
    """+1 when the frame's x points mesially, -1 when distally; by the number, else by the side the tooth stands on."""
    if fdi is not None:
        return 1.0 if fdi // 10 in X_IS_MESIAL_QUADRANTS else -1.0
    on_the_right = frame[0, 3] < 0
    towards_left = frame[2, 2] < 0  # x of `frame_at` runs to the patient's left in the upper arch, to the right in the lower
    return 1.0 if towards_left == on_the_right else -1.0


def movements(teeth: Mapping[str, ToothMotion], fdi_by_key: Mapping[str, int | None]) -> dict[str, list[list[float]]]:
    """The movement table: part key -> one row of COLUMNS a stage, cumulative from stage 0.

    Translation is that of the crown centre; the angles are the components of the rotation vector in the tooth's frame.
    A pure function of what a version stores, so a corrected tooth number only needs a new call.
    """
    return {key: movement_rows(tooth, fdi_by_key.get(key)) for key, tooth in teeth.items()}


def movement_rows(tooth: ToothMotion, fdi: int | None) -> list[list[float]]:
    frame = np.asarray(tooth.frame, dtype=np.float64)
    poses = np.asarray(tooth.poses, dtype=np.float64)
    axes, centre = frame[:3, :3], frame[:3, 3]
    turned = Rotation.from_quat(poses[:, 3:])
    since_start = turned * turned[0].inv()
    shift = since_start.apply(centre - poses[0, :3]) + poses[:, :3] - centre
    t = shift @ axes
    r = np.degrees(since_start.as_rotvec()) @ axes
    mesial = mesial_sign(fdi, frame)
    table = np.stack([mesial * t[:, 0], t[:, 1], t[:, 2], mesial * r[:, 2], mesial * r[:, 1], -r[:, 0]], axis=1)
    table = np.round(table, 4) + 0.0
    return [[float(stage), *map(float, row)] for stage, row in enumerate(table)]


def tooth_motions(plan: Mapping[str, Any]) -> dict[str, ToothMotion]:
    """What `movements` needs, out of a plan.json as written by the build step."""
    return {
        part["key"]: ToothMotion(plan["frames"][part["key"]], plan["poses"][part["key"]])
        for part in plan["parts"]
        if part["kind"] == "tooth"
    }
