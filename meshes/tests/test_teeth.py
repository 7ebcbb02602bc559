"""Numbers, frames and movements: the field's signs, whatever the side."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from meshes import numbering, teeth
from meshes.tests.cases import places, tiny_arch


def proposal(arch, missing=()):
    tiny = tiny_arch(arch, 1, missing=missing)
    centres = np.array(list(tiny.centres.values()))
    order = teeth.along_the_arch(centres)
    numbers = list(tiny.centres)
    per_tooth = (len(tiny.positions[0]) - 90 * 9) // len(numbers)
    points = [tiny.positions[0][i * per_tooth : (i + 1) * per_tooth].astype(float) for i in order]
    frames = [teeth.frame_at(centres[order], index, arch, found) for index, found in enumerate(points)]
    sizes = np.array([teeth.size_in(frame, found) for frame, found in zip(frames, points, strict=True)])
    crowns = numbering.crowns_of(centres[order], sizes)
    return [numbers[i] for i in order], numbering.propose(crowns, arch), dict(zip([numbers[i] for i in order], frames, strict=True))


@pytest.mark.parametrize("arch", ["upper", "lower"])
def test_a_full_arch_is_numbered_from_the_patients_right_to_left(arch):
    true, found, _ = proposal(arch)

    assert true == (
        [17, 16, 15, 14, 13, 12, 11, 21, 22, 23, 24, 25, 26, 27]
        if arch == "upper"
        else [47, 46, 45, 44, 43, 42, 41, 31, 32, 33, 34, 35, 36, 37]
    )
    assert [number for number, _ in found] == true
    assert all(sure > 0.85 for _, sure in found)


@pytest.mark.parametrize(
    ("arch", "missing"),
    [("upper", (15,)), ("upper", (14, 24)), ("upper", (17, 27)), ("lower", (36,)), ("lower", (47, 46, 37)), ("upper", (12,))],
)
def test_a_gap_is_counted(arch, missing):
    true, found, _ = proposal(arch, missing)

    assert [number for number, _ in found] == true


def test_confidence_is_lower_where_a_tooth_could_be_another():
    def side(digits):
        return [numbering.Crown(0.0, numbering.WIDTH_MM["upper"][d], numbering.DEPTH_MM["upper"][d], 0.0) for d in digits]

    def row(digits):
        crowns = side(digits[::-1]) + side(digits)
        return [numbering.Crown(index - len(crowns) / 2 + 0.5, c.width, c.depth, c.gap_after) for index, c in enumerate(crowns)]

    full = numbering.propose(row((1, 2, 3, 4, 5, 6)), "upper")
    one_premolar_gone_and_the_space_closed = numbering.propose(row((1, 2, 3, 5, 6)), "upper")

    premolar = next(sure for number, sure in one_premolar_gone_and_the_space_closed if number in (14, 15))
    assert premolar < 0.8 < min(sure for _, sure in full)


def row_of_a_mouth(rng):
    """Its arch, the true numbers and the crowns. Teeth vary in size, stand rotated, crowded or apart, some are gone."""
    arch = ("upper", "lower")[rng.integers(2)]
    scale, crowding = rng.normal(1, 0.06), rng.choice([0.0, -0.6, 0.5])
    digits = {quadrant: range(1, 9 if rng.random() < 0.25 else 8) for quadrant in numbering.QUADRANTS[arch]}
    present = [quadrant * 10 + digit for quadrant, found in digits.items() for digit in found]
    gone = set(rng.choice(present, rng.integers(0, 4), replace=False).tolist())
    along, reach = np.linspace(0, 34, 500), 46 * (np.linspace(0, 34, 500) / 32) ** 2.1
    length = np.concatenate([[0], np.cumsum(np.hypot(np.diff(along), np.diff(reach)))])
    teeth = []
    for quadrant, side in zip(numbering.QUADRANTS[arch], (-1, 1), strict=True):
        position = rng.normal(0, 0.4)
        for digit in digits[quadrant]:
            width = numbering.WIDTH_MM[arch][digit] * scale * rng.normal(1, 0.055)
            depth = numbering.DEPTH_MM[arch][digit] * scale * rng.normal(1, 0.07)
            if quadrant * 10 + digit in gone:
                position += width * rng.uniform(0.6, 1.1) if rng.random() < 0.6 else 0.0
                continue
            turn = np.radians(abs(rng.normal(0, 12)))
            size = (width * np.cos(turn) + 0.6 * depth * np.sin(turn), depth * np.cos(turn) + 0.6 * width * np.sin(turn), 9.0)
            centre = position + width / 2
            place = (side * np.interp(centre, length, along), np.interp(centre, length, reach), 0.0)
            teeth.append((side * centre, quadrant * 10 + digit, place, size))
            position += width + crowding * rng.random() + rng.normal(0, 0.45)
    teeth.sort(key=lambda tooth: tooth[0])
    crowns = numbering.crowns_of(np.array([tooth[2] for tooth in teeth]), np.array([tooth[3] for tooth in teeth]))
    return arch, [tooth[1] for tooth in teeth], crowns


@pytest.mark.slow
def test_of_the_numbers_that_are_called_sure_nearly_all_are_right():
    rng = np.random.default_rng(11)
    sure: list[bool] = []
    unsure: list[bool] = []
    for _ in range(120):
        arch, true, crowns = row_of_a_mouth(rng)
        for number, (found, confidence) in zip(true, numbering.propose(crowns, arch), strict=True):
            (sure if confidence >= 0.9 else unsure).append(found == number)

    assert np.mean(sure) > 0.97
    assert len(sure) > 2 * len(unsure)
    assert 0.5 < np.mean(unsure) < 0.9


def test_a_heap_that_is_no_arch_is_numbered_with_no_certainty():
    """Teeth one upon the other, as when an export lost their places."""
    rng = np.random.default_rng(2)
    centres = np.stack([np.linspace(-3, 5, 14), rng.normal(0, 0.5, 14), np.zeros(14)], axis=1)
    crowns = numbering.crowns_of(centres, rng.uniform(6, 12, (14, 3)))

    found = numbering.propose(crowns, "lower")

    assert max(sure for _, sure in found) < 0.3


def test_more_crowns_than_numbers_get_none():
    crown = numbering.Crown(0.0, 7.0, 7.0, 0.0)

    assert numbering.propose([crown] * 17, "upper") == [(None, 0.0)] * 17


def motion(frame, local, poses=2):
    """A tooth whose pose goes from rest to a displacement given in its own frame (4x4)."""
    centre = np.eye(4)
    centre[:3, 3] = frame[:3, 3] + 0.7  # the part's own origin is not the crown centre
    end = frame @ local @ np.linalg.inv(frame) @ centre
    rows = []
    for pose in (centre, end):
        rows.append([*pose[:3, 3], *Rotation.from_matrix(pose[:3, :3]).as_quat()])
    return teeth.ToothMotion(frame.tolist(), rows)


def local(shift=(0, 0, 0), degrees=(0, 0, 0)):
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_rotvec(np.radians(degrees)).as_matrix()
    pose[:3, 3] = shift
    return pose


@pytest.mark.parametrize("fdi", [11, 21, 31, 41, 16, 26, 36, 46])
def test_movements_have_the_fields_signs_on_every_quadrant(fdi):
    """Mesial is towards the midline along the arch, buccal outward, occlusal away from the gum; seen in the world."""
    arch = "upper" if fdi < 30 else "lower"
    _, _, frames = proposal(arch)
    frame = frames[fdi]
    centre, axes = places(arch)[fdi]
    to_midline = axes[:, 0] * (-1.0 if centre[0] > 0 else 1.0)
    occlusal = np.array([0, 0, -1.0 if arch == "upper" else 1.0])
    buccal = axes[:, 1]

    def row(world_shift=(0, 0, 0), world_axis=(0, 0, 0)):
        in_frame = np.eye(4)
        in_frame[:3, :3] = Rotation.from_rotvec(np.radians(frame[:3, :3].T @ world_axis)).as_matrix()
        in_frame[:3, 3] = frame[:3, :3].T @ world_shift
        table = teeth.movements({"t": motion(frame, in_frame)}, {"t": fdi})["t"]
        assert table[0][1:] == [0.0] * 6
        return dict(zip(teeth.COLUMNS, table[1], strict=True))

    assert row(world_shift=to_midline)["mesial_mm"] > 0.9
    assert row(world_shift=buccal)["buccal_mm"] > 0.9
    assert row(world_shift=occlusal)["occlusal_mm"] > 0.9
    # A turn that carries `first` towards `second` is a turn about their cross product.
    assert row(world_axis=5 * np.cross(to_midline, buccal))["rotation_deg"] > 4.5
    assert row(world_axis=5 * np.cross(occlusal, to_midline))["tip_deg"] > 4.5
    assert row(world_axis=5 * np.cross(occlusal, buccal))["torque_deg"] > 4.5


def test_a_turn_about_the_crown_centre_moves_it_nowhere():
    _, _, frames = proposal("upper")

    (_, row) = teeth.movements({"t": motion(frames[13], local(degrees=(4, 5, 6)))}, {"t": 13})["t"]

    assert np.abs(row[1:4]).max() < 1e-3


def test_a_corrected_number_changes_the_side_and_so_the_sign():
    _, _, frames = proposal("upper")
    tooth = motion(frames[11], local(shift=(1, 0, 0)))

    right = teeth.movements({"t": tooth}, {"t": 11})["t"][1][1]
    left = teeth.movements({"t": tooth}, {"t": 21})["t"][1][1]

    assert right == pytest.approx(-left)


@pytest.mark.parametrize("fdi", [11, 25, 36, 44])
def test_without_a_number_the_side_of_the_mouth_gives_the_sign(fdi):
    _, _, frames = proposal("upper" if fdi < 30 else "lower")
    tooth = motion(frames[fdi], local(shift=(1, 0.5, 0), degrees=(1, 2, 3)))

    assert teeth.movements({"t": tooth}, {})["t"] == teeth.movements({"t": tooth}, {"t": fdi})["t"]


@pytest.mark.parametrize("arch", ["upper", "lower"])
def test_a_label_stands_outside_the_tooth_on_its_buccal_side(arch):
    _, _, frames = proposal(arch)
    for fdi, frame in frames.items():
        centre, axes = places(arch)[fdi]
        point = np.array(teeth.label_point(frame, np.array([8.0, 8.0, 9.0])))
        assert (point - centre) @ axes[:, 1] > 4.5
