"""A surface that is meshed anew at every stage is carried with its borders."""

import numpy as np
import pytest

from meshes.arrays import Faces, Floats
from meshes.borders import border_edges
from meshes.carrying import carried, halved, through
from meshes.pack import nearest_on


def sheet(length: float, columns: int, rows: int = 9, bend: float = 0.0) -> tuple[Floats, Faces]:
    """A strip from x = 0 to `length`, 4 mm wide, curved upwards by `bend` mm in its middle."""
    x, y = np.meshgrid(np.linspace(0, length, columns), np.linspace(0, 4, rows), indexing="ij")
    points = np.stack([x, y, bend * np.sin(np.pi * y / 4)], axis=-1).reshape(-1, 3)
    corner = (np.arange(columns - 1)[:, None] * rows + np.arange(rows - 1)).ravel()
    one = np.stack([corner, corner + rows, corner + 1], axis=1)
    two = np.stack([corner + rows, corner + rows + 1, corner + 1], axis=1)
    return points, np.concatenate([one, two]).astype(np.int32)


def area(points: Floats, faces: Faces) -> float:
    corners = points[faces]
    return float(np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum() / 2)


def socket(margin: float, around: int) -> tuple[Floats, Faces]:
    """A ring in the plane from radius `margin`, where a tooth stands, to 6 mm."""
    radius, angle = np.meshgrid(np.linspace(margin, 6, 9), np.linspace(0, 2 * np.pi, around, endpoint=False), indexing="ij")
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle), np.zeros_like(radius)], axis=-1).reshape(-1, 3)
    ring, at = np.meshgrid(np.arange(8), np.arange(around), indexing="ij")
    a, b = (ring * around + at).ravel(), (ring * around + (at + 1) % around).ravel()
    faces = np.concatenate([np.stack([a, a + around, b], axis=1), np.stack([a + around, b + around, b], axis=1)])
    return points, faces.astype(np.int32)


FORWARD = [socket(3 - 0.1 * stage, 120 + stage % 3) for stage in range(11)]
BACK = [socket(3 + 0.1 * stage, 120 + stage % 3) for stage in range(11)]
CHORD_MM = 0.01
"""How far circles of 120 and of 122 edges lie from one another, several stages on."""


@pytest.mark.parametrize("shapes", [FORWARD, BACK], ids=["a margin that comes forward", "a margin that goes back"])
def test_a_border_that_moves_along_its_surface_is_followed_and_nothing_folds(shapes):
    found, faces = carried(shapes)

    for now, (goal, goal_faces) in zip(found, shapes, strict=True):
        assert nearest_on(now, faces, goal).distance.max() < CHORD_MM, "no part of the later shape is left uncovered"
        assert nearest_on(goal, goal_faces, now).distance.max() < CHORD_MM
        assert area(now, faces) == pytest.approx(area(goal, goal_faces), rel=1e-3), "what folds has more area"


def test_the_surface_comes_along_with_its_border_and_less_the_farther_away():
    found = through(*FORWARD[0], FORWARD)
    before, after = (np.linalg.norm(points, axis=1) for points in (found[0], found[-1]))
    came = before - after

    assert came[before < 3.01] == pytest.approx(1.0, abs=0.01)
    assert came[before < 3.01].mean() > came[np.abs(before - 3.75) < 0.1].mean() > came[np.abs(before - 5.25) < 0.1].mean() > 0
    assert came[before > 5.99] == pytest.approx(0.0, abs=0.01)


def test_a_surface_without_a_border_goes_to_the_nearest_point():
    closed = np.array([[0, 1, 2], [0, 3, 1], [1, 3, 2], [2, 3, 0]], np.int32)
    points = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    found, faces = carried([(points, closed), (points + 0.01, closed)])

    assert len(faces) == 4
    assert nearest_on(points + 0.01, closed, found[1]).distance.max() < 1e-9


def test_triangles_that_leave_a_later_shape_are_halved():
    shapes = [sheet(10, 12, rows=3), sheet(10, 80, rows=17, bend=0.4)]
    found, faces = carried(shapes)
    coarse = through(*shapes[0], shapes)

    assert len(faces) > len(shapes[0][1])
    fine = nearest_on(found[1], faces, shapes[1][0]).distance.mean()
    assert fine < 0.7 * nearest_on(coarse[1], shapes[0][1], shapes[1][0]).distance.mean()
    assert nearest_on(*shapes[0], found[0]).distance.max() < 1e-9, "at first every vertex lies on what was exported"


def test_halving_keeps_the_surface_whole():
    points, faces = sheet(10, 20)
    chosen = np.zeros(len(faces), bool)
    chosen[::3] = True
    more, made = halved(points, faces, chosen)

    assert len(made) > len(faces)
    assert area(more, made) == pytest.approx(area(points, faces))
    assert len(border_edges(made)) >= len(border_edges(faces))
    on_rim = np.isin(more[border_edges(made).ravel(), 1], [0, 4]) | np.isin(more[border_edges(made).ravel(), 0], [0, 10])
    assert on_rim.all(), "no edge inside the sheet belongs to one triangle alone"
