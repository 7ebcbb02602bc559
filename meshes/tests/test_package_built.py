"""The setup package, built: its models stand where its poses put them, with the frames, numbers and movements it says."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from meshes import package, pipeline
from meshes.__main__ import main
from meshes.archive import Archive
from meshes.fuzz_seeds import ball, stl_bytes
from meshes.tests.packages import BALL, EXAMPLE, STAGES, every_movement, opened, packed, small


def test_the_models_stand_where_the_poses_put_them(tmp_path):
    setup, files = small()
    points, faces = BALL
    with Archive(packed(tmp_path / "a.zip", setup, files)) as archive:
        models = package.Models(archive, opened(archive))
        row = next(row for row in models.rows if row["fdi"] == 16 and row["stage"] == 2)
        pose = next(tooth["poses"][2] for tooth in setup["teeth"] if tooth["tooth"] == 16)

        placed = models.triangles(row["name"])

    assert np.abs(placed - (Rotation.from_quat(pose[3:]).apply(points) + pose[:3])[faces]).max() < 1e-4
    assert (row["part"], row["arch"], row["kind"]) == ("tooth", "upper", "stage")
    assert len(models.rows) == len(models.entries) == 15 * STAGES


def motion_of(poses, stage):
    """4×4: how a part has moved since stage 0, from its poses."""
    rows = np.asarray(poses)
    out = np.eye(4)
    turn = Rotation.from_quat(rows[stage, 3:]) * Rotation.from_quat(rows[0, 3:]).inv()
    out[:3, :3] = turn.as_matrix()
    out[:3, 3] = rows[stage, :3] - turn.apply(rows[0, :3])
    return out


def test_a_built_package_has_the_poses_numbers_and_frames_it_says(tmp_path):
    setup, files = small()

    plan = pipeline.build(packed(tmp_path / "a.zip", setup, files), [], tmp_path)

    assert plan["stages"] == {"upper": 2}
    assert np.array_equal(plan["turn"], np.eye(3))
    parts = {part["fdi"]: part for part in plan["parts"] if part["kind"] == "tooth"}
    assert sorted(parts) == sorted(row["tooth"] for row in setup["teeth"])
    for row in setup["teeth"]:
        part = parts[row["tooth"]]
        assert part["fdi_confidence"] == 1.0
        placed = Rotation.from_quat(row["poses"][0][3:]).apply(BALL[0]) + row["poses"][0][:3]
        assert np.abs((placed.min(axis=0) + placed.max(axis=0)) / 2 - plan["poses"][part["key"]][0][:3]).max() < 1e-3
        for stage in range(STAGES):
            assert np.abs(motion_of(plan["poses"][part["key"]], stage) - motion_of(row["poses"], stage)).max() < 5e-6
        assert np.abs(np.array(plan["frames"][part["key"]]) - row["frame"]).max() < 1e-8
    assert (plan["movement_source"], plan["reference_point"]) == ("lab frames", "crown centre")
    assert plan["package"]["ipr"] == [{"teeth": [11, 21], "amount_mm": 0.2, "before_stage": 1}]
    assert plan["error_um"]["teeth_max"] < 5


def test_the_movements_of_the_package_are_shown_as_they_are(tmp_path):
    setup, files = small(reference_point="centre of resistance")
    every_movement(setup)
    for row in setup["teeth"]:
        del row["frame"]

    plan = pipeline.build(packed(tmp_path / "a.zip", setup, files), [], tmp_path)

    assert (plan["movement_source"], plan["reference_point"]) == ("lab", "centre of resistance")
    for part in plan["parts"]:
        if part["kind"] == "tooth":
            assert plan["movements"][part["key"]][2] == [2.0, 0.2, 0, 0, 0, 0, 0]


@pytest.mark.slow
def test_without_frames_and_movements_the_reference_point_stays_the_portals(tmp_path):
    setup, files = small(reference_point="apex")
    del setup["teeth"][0]["frame"]

    plan = pipeline.build(packed(tmp_path / "a.zip", setup, files), [], tmp_path)

    assert (plan["movement_source"], plan["reference_point"]) == ("computed", "crown centre")


@pytest.mark.slow
def test_a_gingiva_that_follows_is_built_from_one_mesh_a_stage(tmp_path):
    setup, files = small()
    for stage in range(STAGES):
        files[f"meshes/gum_{stage}.stl"] = stl_bytes(*ball((70.0, 50.0 + 0.3 * stage, 12.0), (0.0, 20.0, 12.0)))
    setup["gingiva"][0]["meshes"] = [f"meshes/gum_{stage}.stl" for stage in range(STAGES)]

    plan = pipeline.build(packed(tmp_path / "a.zip", setup, files), [], tmp_path)

    assert [part["key"] for part in plan["parts"] if part["kind"] == "gingiva"] == ["upper-gingiva"]
    assert plan["error_um"]["gingiva_max"] < 20


@pytest.mark.slow
def test_check_says_what_a_package_holds(capsys):
    assert main(["check", str(EXAMPLE / "setup-package.zip")]) == 0

    said = capsys.readouterr().out
    assert said.startswith("Setup package, version 1: exact poses and numbers.\nUpper: 5 stages, 14 teeth (17, 16, 15,")
