"""What changed between two versions, and whether it was asked for: the pure rule."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from midline.setups.compare import WAYS, Asked, Attached, Content, Reduction, Six, changes, contact, unmet
from midline.setups.registration import Tooth, registration

OLD = Content(
    number=1,
    stages={"upper": 14, "lower": 14},
    teeth=frozenset({11, 12, 21, 22}),
    movements={21: (0.9, -0.7, 0.5, 12.0, 2.4, 4.5), 22: (0.0, 0.0, 0.6, 0.0, 0.0, 0.0)},
    iprs={(21, 22): (Reduction(Decimal("0.15"), 9),)},
    attachments={12: (Attached("buccal", "Ellipsoid", "3.5 × 2 mm", 1, 14),)},
)


def six_of(values: list[float]) -> Six:
    mesial, buccal, occlusal, rotation, tip, torque = values
    return (mesial, buccal, occlusal, rotation, tip, torque)


def test_versions_that_are_alike_show_no_change():
    assert changes(replace(OLD, number=2), OLD, [Asked(1, "ipr")]) == []


@pytest.mark.parametrize(
    ("movement", "by", "seen"), [(0, 0.1, False), (0, 0.11, True), (0, -0.11, True), (3, 1.0, False), (3, -1.1, True), (5, 1.0, False)]
)
def test_a_movement_counts_beyond_a_tenth_of_a_millimetre_or_one_degree(movement, by, seen):
    six = list(OLD.movements[21])
    six[movement] += by

    assert bool(changes(replace(OLD, movements={**OLD.movements, 21: six_of(six)}), OLD, [])) is seen


def test_a_tooth_that_begins_to_move_is_held_against_standing_still():
    [change] = changes(replace(OLD, movements={**OLD.movements, 11: (0.0, 0.0, 0.0, 0.0, 0.0, 1.5)}), OLD, [])

    assert (change.teeth, change.movements, change.was, change.asked) == ((11,), ("torque",), (0.0,) * 6, False)


def test_an_extraction_stands_for_the_tooth_that_the_newer_models_leave_out():
    new = replace(OLD, teeth=OLD.teeth - {12}, attachments={}, extractions={12: 1}, pontics={21: None})
    found = changes(new, OLD, [Asked(3, "other", tooth=12)])

    assert [(change.kind, change.teeth, change.was, change.now, change.asked) for change in found if change.kind != "attachment"] == [
        ("extraction", (12,), (), (1,), True),
        ("pontic", (21,), (), (None,), False),
    ]


def test_where_one_version_names_no_teeth_none_is_missing():
    assert changes(replace(OLD, teeth=frozenset(), movements={}), OLD, []) == []


def test_what_was_asked_for_and_what_came_with_it_are_two_lines_of_one_tooth():
    new = replace(OLD, movements={**OLD.movements, 21: (0.4, -0.7, 0.5, 9.5, 2.4, 4.5)})
    found = changes(new, OLD, [Asked(7, "rotate_mesial", tooth=21)])

    assert [(change.movements, change.asked, change.lines) for change in found] == [(("mesial",), False, ()), (("rotation",), True, (7,))]


@pytest.mark.parametrize("line", sorted(WAYS))
def test_a_movement_is_asked_for_only_in_the_direction_that_was_asked(line):
    name, way = WAYS[line]
    place = ("mesial", "buccal", "occlusal", "rotation", "tip", "torque").index(name)
    for sign in (1, -1):
        six = [0.0] * 6
        six[place] = 5.0 * sign
        [change] = changes(replace(OLD, movements={**OLD.movements, 11: six_of(six)}), OLD, [Asked(1, line, tooth=11)])
        assert change.asked is (sign == way)


def test_a_line_about_another_tooth_asks_for_nothing_here():
    new = replace(OLD, movements={21: OLD.movements[21]})

    assert not changes(new, OLD, [Asked(1, "intrude", tooth=21)])[0].asked
    assert changes(new, OLD, [Asked(1, "intrude", tooth=22)])[0].asked


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        (Asked(1, "ipr"), True),
        (Asked(1, "ipr", tooth=22), True),
        (Asked(1, "ipr", tooth=22, tooth_b=21), True),
        (Asked(1, "ipr", tooth=22, tooth_b=23), False),
        (Asked(1, "ipr", tooth=11), False),
        (Asked(1, "attachment", tooth=22), False),
        (Asked(1, "other", tooth=22), True),
        (Asked(1, "other"), False),
    ],
)
def test_ipr_is_asked_for_at_its_contact_or_everywhere(line, asked):
    [change] = changes(replace(OLD, iprs={(21, 22): (Reduction(Decimal("0.15"), 6),)}), OLD, [line])

    assert (change.kind, change.teeth, change.asked) == ("ipr", (21, 22), asked)


def test_a_contact_is_the_same_whichever_tooth_is_named_first():
    assert contact(22, 21) == contact(21, 22)


def test_an_attachment_that_is_gone_a_tooth_and_other_stages_each_stand_in_the_list():
    new = replace(OLD, attachments={}, teeth=OLD.teeth - {22}, movements={21: OLD.movements[21]}, stages={"upper": 12, "lower": 14})
    found = changes(new, OLD, [])

    assert [(change.kind, change.teeth, change.was, change.now) for change in found] == [
        ("attachment", (12,), OLD.attachments[12], ()),
        ("tooth", (22,), True, False),
        ("stages", (), 14, 12),
    ]


def test_what_was_asked_for_and_did_not_happen_is_named():
    asked = [Asked(1, "ipr", tooth=22), Asked(2, "torque_buccal", tooth=11), Asked(3, "other")]
    found = changes(replace(OLD, iprs={}), OLD, asked)

    assert [line.key for line in unmet(found, asked)] == [2]


# --- one version over another ---------------------------------------------------------------------------------------


def teeth(
    count: int, *, moving: int, turn: Rotation | None = None, shift: tuple[float, float, float] = (0, 0, 0), stray: float = 0.0
) -> dict[int, Tooth]:
    """`count` teeth along an arch; the first `moving` of them move, and stand `stray` mm elsewhere."""
    turn = turn or Rotation.identity()
    found = {}
    for n in range(count):
        frame = np.eye(4)
        frame[:3, :3] = Rotation.from_euler("z", 15 * n, degrees=True).as_matrix()
        frame[:3, 3] = (8.0 * n + (stray if n < moving else 0), 0.4 * n * n, 0.0)
        frame[:3, 3] = turn.apply(frame[:3, 3]) + shift
        frame[:3, :3] = turn.as_matrix() @ frame[:3, :3]
        found[11 + n] = Tooth(frame.tolist(), n < moving)
    return found


def test_versions_of_one_export_share_their_frame():
    laid = registration(teeth(8, moving=3), teeth(8, moving=3, shift=(0.004, 0, 0)))

    assert (laid.how, laid.matrix) == ("same", np.eye(4).tolist())


def test_a_version_scanned_anew_is_laid_on_the_teeth_that_do_not_move():
    turn, shift = Rotation.from_euler("xyz", (4, -3, 20), degrees=True), (12.0, -5.0, 3.0)
    new, old = teeth(8, moving=4), teeth(8, moving=4, turn=turn, shift=shift, stray=0.8)
    laid = registration(new, old)
    matrix = np.array(laid.matrix)
    still = np.array(old[18].frame)[:3, 3]

    assert (laid.how, laid.teeth) == ("still", 4)
    assert laid.rms_mm < 1e-6
    assert np.allclose(matrix[:3, :3] @ still + matrix[:3, 3], np.array(new[18].frame)[:3, 3], atol=1e-6)


def test_with_too_few_still_teeth_all_of_them_carry_the_registration():
    laid = registration(teeth(6, moving=5), teeth(6, moving=5, shift=(3, 0, 0)))

    assert (laid.how, laid.teeth) == ("start", 6)
    assert laid.rms_mm < 1e-6


def test_without_common_teeth_nothing_is_claimed():
    assert registration(teeth(2, moving=0), teeth(2, moving=0, shift=(9, 9, 9))).how == "none"
