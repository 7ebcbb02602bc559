"""Vertices, parts and poses: what moves as one is found, and where it goes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from meshes import borders, orient, pack, poses, weld
from meshes.errors import DegenerateShape
from meshes.parts import take_apart
from meshes.tests.cases import ellipsoid, gingiva, tiny_arch


def moved(points, degrees, shift):
    turn = Rotation.from_rotvec(np.radians(degrees)).as_matrix()
    return points @ turn.T + shift, turn


def test_a_rigid_motion_is_found_exactly():
    points = np.random.default_rng(1).normal(size=(40, 3)) * 5
    after, turn = moved(points, [10, -20, 5], [1.0, 2.0, 3.0])

    pose, residual = poses.rigid_fit(points, after)

    assert np.allclose(pose[:3, :3], turn)
    assert np.allclose(pose[:3, 3], [1, 2, 3])
    assert residual < 1e-9


def test_a_fit_never_mirrors():
    points = np.random.default_rng(2).normal(size=(40, 3))

    pose, residual = poses.rigid_fit(points, points * [-1, 1, 1])

    assert np.linalg.det(pose[:3, :3]) == pytest.approx(1.0)
    assert residual > 0.1


def test_points_on_a_line_have_no_pose():
    line = np.outer(np.arange(10.0), [1, 2, 3])

    with pytest.raises(DegenerateShape):
        poses.rigid_fit(line, line)


def test_neighbouring_quaternions_take_the_short_way():
    turns = Rotation.from_rotvec(np.outer(np.linspace(0, 4 * np.pi, 60), [0, 0, 1])).as_matrix()

    q = poses.quaternions(turns)

    assert (np.einsum("ij,ij->i", q[1:], q[:-1]) > 0).all()
    assert q[0, 3] > 0


def test_morph_weights_stay_within_zero_and_one_and_the_error_within_the_tolerance():
    positions = tiny_arch("upper").positions[:, -800:]

    found = poses.morph(positions, tolerance_mm=0.004)

    assert found.weights.min() >= 0
    assert found.weights.max() <= 1
    assert found.residual_mm <= 0.004
    for stage in range(len(positions)):
        assert np.abs(found.at(stage) - positions[stage]).max() <= 0.0041


def test_a_weld_keeps_the_surface_and_the_order_of_first_appearance():
    triangles = tiny_arch("lower", 1).triangles(0)

    first, faces = weld.weld([triangles])

    assert np.array_equal(triangles.reshape(-1, 3)[first][faces], triangles)
    assert (np.diff(first) > 0).all()
    assert len(first) == len(np.unique(triangles.reshape(-1, 3), axis=0))


def test_teeth_that_touch_at_one_stage_only_are_not_joined():
    corner = np.array([[[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[1, 0, 0], [2, 0, 0], [1, 1, 0]]], dtype=np.float32)
    apart = corner.copy()
    apart[1] += 1

    assert len(weld.weld([corner])[0]) == 5
    assert len(weld.weld([corner, apart])[0]) == 6


@pytest.mark.parametrize("arch", ["upper", "lower"])
def test_every_tooth_shell_is_a_part_with_its_true_pose_and_every_triangle_is_in_one_part(arch):
    tiny = tiny_arch(arch)

    parts, notes = take_apart(tiny.positions, tiny.faces)

    teeth = [part for part in parts if part.is_tooth]
    assert len(teeth) == 14
    assert notes == []
    assert sum(len(part.faces) for part in parts) == len(tiny.faces)
    for part in teeth:
        points = tiny.positions[0][part.vertices].astype(float)
        fdi = min(tiny.centres, key=lambda number: float(np.linalg.norm(tiny.centres[number] - points.mean(axis=0))))
        assert part.motion is not None
        for stage, true in enumerate(tiny.truth[fdi]):
            assert np.abs(part.motion.applied(points, stage) - (points @ true[:3, :3].T + true[:3, 3])).max() < 0.001


def test_what_is_meshed_anew_takes_the_shapes_of_its_movement_and_not_those_of_its_noise():
    rng = np.random.default_rng(4)
    base, bend = rng.normal(0, 10, (800, 3)), rng.normal(0, 1, (800, 3))
    noisy = (base + np.linspace(0, 1, 9)[:, None, None] * bend + rng.normal(0, 0.004, (9, 800, 3))).astype(np.float32)

    strict, shared = poses.morph(noisy), poses.morph(noisy, tolerance_mm=poses.FOLLOWED_MM, share=poses.FOLLOWED_SHARE)

    assert len(strict.targets) > 4
    assert len(shared.targets) == 1
    off = np.abs(np.stack([shared.at(stage) for stage in range(9)]) - noisy)
    assert np.quantile(off, poses.FOLLOWED_SHARE) <= poses.FOLLOWED_MM
    assert shared.residual_mm == pytest.approx(off.max(), abs=1e-6), "the largest error is told as it is"


def test_fused_teeth_are_told_apart_by_their_movement_and_still_ones_stay_with_the_gingiva():
    tiny = tiny_arch("upper", 6, fused=True)

    parts, notes = take_apart(tiny.positions, tiny.faces)

    teeth = [part for part in parts if part.is_tooth]
    assert len(teeth) == 12
    assert sum(len(part.faces) for part in parts) == len(tiny.faces)
    assert "Teeth that never move stay with the gingiva." in notes[0]
    for part in teeth:
        points = tiny.positions[0][part.vertices].astype(float)
        centre = (points.min(axis=0) + points.max(axis=0)) / 2
        assert min(np.linalg.norm(centre - tiny.centres[fdi]) for fdi in tiny.centres if fdi not in (17, 27)) < 0.5


def test_an_attachment_rides_on_its_tooth():
    tiny = tiny_arch("upper")
    points, faces = ellipsoid((2, 2, 2))
    fdi = 13
    button = points + tiny.centres[fdi] + [0, -4.0, 0]
    carried = np.stack([button @ pose[:3, :3].T + pose[:3, 3] for pose in tiny.truth[fdi]]).astype(np.float32)
    positions = np.concatenate([tiny.positions, carried], axis=1)
    all_faces = np.concatenate([tiny.faces, faces + tiny.positions.shape[1]])

    parts, _ = take_apart(positions, all_faces)

    assert len([part for part in parts if part.is_tooth]) == 14
    assert sum(len(part.faces) for part in parts) == len(all_faces)


def test_thinning_a_border_leaves_it_where_it_was():
    vertices, faces = gingiva("lower")
    thin = borders.thinned(vertices, faces.astype(np.int32), 0.05)

    before = vertices[np.unique(borders.border_edges(faces.astype(np.int32)))]
    assert len(np.unique(borders.border_edges(thin))) < 0.8 * len(before)
    assert pack.nearest_on(vertices, thin, before).distance.max() < 0.15


def test_the_nearest_point_of_a_surface_is_on_it():
    vertices, faces = ellipsoid((10, 10, 10))
    directions = np.random.default_rng(5).normal(size=(50, 3))
    outside = directions / np.linalg.norm(directions, axis=1, keepdims=True) * 9

    found = pack.nearest_on(vertices, faces, outside)

    on_surface = np.einsum("nc,nci->ni", found.weights, vertices[found.corners])
    assert np.allclose(np.linalg.norm(on_surface - outside, axis=1), found.distance)
    assert (found.weights >= -1e-9).all()
    assert np.allclose(found.weights.sum(axis=1), 1)


@pytest.mark.parametrize("index", [0, 5, 9, 14, 23])
def test_an_export_in_another_frame_is_turned_into_the_portals(index):
    turn = orient.quarter_turns()[index]
    teeth = {arch: np.array(list(tiny_arch(arch, 1).centres.values())) for arch in ("upper", "lower")}
    gums = {arch: gingiva(arch)[0] for arch in teeth}

    back = orient.turn_to_portal({a: p @ turn.T for a, p in teeth.items()}, {a: p @ turn.T for a, p in gums.items()})

    assert np.array_equal(back @ turn, np.eye(3))


def test_one_arch_alone_is_turned_the_right_way_up():
    turn = np.diag([1.0, -1.0, -1.0])
    centres = np.array(list(tiny_arch("lower", 1).centres.values()))

    back = orient.turn_to_portal({"lower": centres @ turn.T}, {"lower": gingiva("lower")[0] @ turn.T})

    assert np.array_equal(back, turn)
