"""Pictures show what is in the mouth at their moment."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from meshes import album
from meshes.glb import Piece
from meshes.package_steps import taken_out
from meshes.tests.cases import ellipsoid


def drawn(folder, name):
    """How many pixels of a picture are not its ground."""
    with Image.open(folder / name) as picture:
        pixels = np.asarray(picture.convert("RGBA")).astype(int)
    return int((np.abs(pixels - pixels[0, 0]).sum(axis=2) > 24).sum())


@pytest.mark.parametrize(("before", "start", "end"), [(0, False, False), (2, True, False), (3, True, False), (4, True, True)])
def test_a_tooth_that_is_taken_out_is_in_no_picture_from_then_on(tmp_path, before, start, end):
    points, faces = ellipsoid((8.0, 7.0, 9.0))
    still = np.tile([0.0, 0.0, 5.0, 0.0, 0.0, 0.0, 1.0], (4, 1))
    beside = still + np.array([9.0, 0, 0, 0, 0, 0, 0])
    pieces = [Piece("upper-01", "upper", "tooth", points, faces, still), Piece("upper-02", "upper", "tooth", points, faces, beside)]

    album.write(pieces, 3, tmp_path, lambda _done, _of: None, {"upper-02": before})
    seen = {name: drawn(tmp_path, name) for name in ("upper.webp", "upper_start.webp")}
    album.write(pieces, 3, tmp_path, lambda _done, _of: None)
    both = {name: drawn(tmp_path, name) for name in seen}

    assert (seen["upper_start.webp"] == both["upper_start.webp"]) is start
    assert (seen["upper.webp"] == both["upper.webp"]) is end


def test_extractions_of_teeth_without_a_model_are_left_aside():
    said = [{"tooth": 14, "before_stage": 2}, {"tooth": 38, "before_stage": 0}]

    assert taken_out(said, {14: "upper-04", 15: "upper-03"}) == {"upper-04": 2}
