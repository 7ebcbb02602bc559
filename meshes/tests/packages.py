"""A small setup package made in code, its ZIP, and how the tests read it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from meshes import package
from meshes.archive import Archive
from meshes.fuzz_seeds import ball, stl_bytes
from meshes.tests.cases import places, zip_of

EXAMPLE = Path(package.__file__).parent.parent / "docs" / "examples" / "setup-package"
STAGES = 3
BALL = ball((7.0, 7.5, 9.0), (0.3, -0.5, 1.5))
"""A mesh whose own origin is not its middle."""


def pose_of(centre, axes, stage, fdi):
    turn = Rotation.from_matrix(axes) * Rotation.from_rotvec([0.01 * stage, 0, 0.02 * stage * (fdi % 10)])
    return [*(centre + np.array([0.1, 0, 0.05]) * stage), *turn.as_quat()]


def small(**changes):
    """(setup.json as a value, files): an upper arch of fourteen balls and a gingiva, three stages."""
    teeth, files = [], {}
    for fdi, (centre, axes) in places("upper").items():
        files[f"meshes/{fdi}.stl"] = stl_bytes(*BALL)
        right_handed = axes * [1, 1, np.sign(np.linalg.det(axes))]
        poses = [pose_of(centre, right_handed, stage, fdi) for stage in range(STAGES)]
        frame = np.eye(4)
        frame[:3, :3] = np.stack([-right_handed[:, 0], right_handed[:, 1], -right_handed[:, 2]], axis=1)
        frame[:3, 3] = centre
        teeth.append({"tooth": fdi, "mesh": f"meshes/{fdi}.stl", "poses": poses, "frame": frame.tolist()})
    files["meshes/gum.stl"] = stl_bytes(*ball((70.0, 50.0, 12.0), (0.0, 20.0, 12.0)))
    setup = {
        "format": "midline-setup", "version": 1, "units": "mm", "frame": "LPS", "stages": {"upper": STAGES - 1}, "teeth": teeth,
        "gingiva": [{"arch": "upper", "meshes": ["meshes/gum.stl"]}],
        "ipr": [{"teeth": [21, 11], "amount_mm": 0.2, "before_stage": 1}],
        "attachments": [{"tooth": 13, "shape": "bevelled", "added_stage": 1}],
        "pontics": [{"tooth": 18, "until_stage": 2}],
        "extractions": [{"tooth": 28, "before_stage": 0}],
        "wear_schedule": "7 days", "notes": "Slowly.",
    }  # fmt: skip
    return setup | changes, files


def packed(path, setup, files, name="setup.json"):
    text = setup if isinstance(setup, bytes) else json.dumps(setup).encode()
    return zip_of(path, {name: text, **files})


def opened(archive):
    entry = package.entry_of(archive)
    assert entry is not None
    return package.load(archive, entry)


def loaded(path):
    with Archive(path) as archive:
        return opened(archive)


def every_movement(setup, skip=()):
    zeros = dict.fromkeys(("mesial_mm", "buccal_mm", "occlusal_mm", "rotation_deg", "tip_deg", "torque_deg"), 0)
    setup["movements"] = [
        {"tooth": row["tooth"], "stage": stage, **zeros, "mesial_mm": 0.1 * stage}
        for row in setup["teeth"]
        for stage in range(1, STAGES)
        if (row["tooth"], stage) not in skip
    ]
