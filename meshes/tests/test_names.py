"""Which file is which: habits of naming, contradictions, and what the shape adds."""

from __future__ import annotations

import pytest

from meshes import matching, stl
from meshes.shapes import SeriesBook, facing
from meshes.tests.cases import case_files, ellipsoid, tiny_arch, tiny_case

HABITS = [
    # name, arch, stage
    ("Maxillary_stage_00.stl", "upper", 0),
    ("Mandibular_stage_12.stl", "lower", 12),
    ("Upper_Stage_3.stl", "upper", 3),
    ("LowerStage07.stl", "lower", 7),
    ("upperstage07.stl", "upper", 7),
    ("Step03_Mandible.stl", "lower", 3),
    ("step 3 max.stl", "upper", 3),
    ("Stage_03/Maxillary.stl", "upper", 3),
    ("lower/stage04.stl", "lower", 4),
    ("Case 104158/Upper/Setup/T05.stl", "upper", 5),
    ("OK_T00.stl", "upper", 0),
    ("UK_T11.stl", "lower", 11),
    ("Lower_S05.stl", "lower", 5),
    ("UpperAligner12.stl", "upper", 12),
    ("Subsetup3_mandibular.stl", "lower", 3),
    ("0104158_setup2_step7_L.stl", "lower", 7),
    ("Max_Weber_lower_step_3.stl", "lower", 3),
    ("Müller_Oberkiefer_Schritt_4.stl", "upper", 4),
    ("Étape 5 - supérieur.stl", "upper", 5),
    ("maxilar inferior paso 3.stl", "lower", 3),
    ("arcata superiore fase 9.stl", "upper", 9),
    ("onderkaak stap 2.stl", "lower", 2),
    ("нижняя_этап_5.stl", "lower", 5),
    ("上颌_第3步.stl", "upper", 3),
    ("하악_단계_4.stl", "lower", 4),
    ("3. Schritt Unterkiefer.stl", "lower", 3),
    ("LowerInitial.stl", "lower", 0),
    ("U_start.stl", "upper", 0),
    ("Maxillary12.stl", "upper", 12),
    ("#3 Maxillary.stl", "upper", 3),
    ("03_lower.stl", "lower", 3),
    ("upper_03_v2.stl", "upper", 3),
    ("mandible 7 rev 3.stl", "lower", 7),
]


@pytest.mark.parametrize(("name", "arch", "stage"), HABITS)
def test_a_habit_of_naming_is_read_with_confidence(name, arch, stage):
    (proposal,) = matching.propose({name: None})

    assert (proposal.arch, proposal.stage) == (arch, stage)
    assert proposal.confidence >= 0.9
    assert proposal.reason is None


def proposed(names):
    return {proposal.name: proposal for proposal in matching.propose(dict.fromkeys(names))}


def test_the_number_that_varies_is_the_stage_and_the_constant_one_is_the_case():
    found = proposed([f"0158_{stage}_U_2026.stl" for stage in range(12)])

    assert [found[f"0158_{stage}_U_2026.stl"].stage for stage in range(12)] == list(range(12))
    assert all(proposal.confidence >= 0.9 for proposal in found.values())


def test_stages_are_read_as_numbers_whatever_the_order_of_the_files():
    found = proposed(["U_10.stl", "U_9.stl", "U_1.stl"])

    assert {proposal.stage for proposal in found.values()} == {1, 9, 10}


def test_o_and_u_side_by_side_are_ober_and_unterkiefer():
    found = proposed([f"{letter}_{stage:02d}.stl" for letter in "OU" for stage in range(4)])

    assert found["O_03.stl"].arch == "upper"
    assert found["U_03.stl"].arch == "lower"


def test_u_beside_l_is_upper():
    found = proposed([f"{letter}_{stage:02d}.stl" for letter in "UL" for stage in range(4)])

    assert found["U_03.stl"].arch == "upper"
    assert found["L_03.stl"].arch == "lower"


def test_a_name_that_says_both_arches_is_asked_about():
    (proposal,) = matching.propose({"upper_and_lower_stage_3.stl": None})

    assert proposal.arch is None
    assert proposal.confidence < 0.9
    assert "upper and lower" in (proposal.reason or "")


def test_a_lone_number_without_a_word_is_only_a_guess():
    (proposal,) = matching.propose({"lower model 4.stl": None})

    assert proposal.stage == 4
    assert proposal.confidence < 0.9
    assert "last number, 4" in (proposal.reason or "")


def test_final_follows_the_highest_stage_and_says_so():
    found = proposed(["U_stage_0.stl", "U_stage_1.stl", "U_final.stl"])

    assert found["U_final.stl"].stage == 2
    assert "final" in (found["U_final.stl"].reason or "")


@pytest.mark.parametrize(
    ("name", "kind", "arch"),
    [
        ("Upper_Template.stl", "template", "upper"),
        ("Lower_retainer.stl", "retainer", "lower"),
        ("Schablone_OK.stl", "template", "upper"),
        ("Upper_attachment_template.stl", "template", "upper"),
        ("Mandibular_attachments.stl", "attachment", "lower"),
        ("Contention inférieure.stl", "retainer", "lower"),
        ("upper_overcorrection_2.stl", "overcorrection", "upper"),
        ("Retainer/final.stl", "retainer", None),
    ],
)
def test_a_model_that_is_no_stage_gets_its_kind_and_is_kept_beside(name, kind, arch):
    (proposal,) = matching.propose({name: None})

    assert (proposal.kind, proposal.arch, proposal.stage) == (kind, arch, None)
    assert proposal.confidence >= 0.9
    assert "kept beside the stages" in (proposal.reason or "")


def test_a_stage_with_attachments_is_a_stage():
    (proposal,) = matching.propose({"Upper_stage_3_with_attachments.stl": None})

    assert (proposal.kind, proposal.stage) == ("stage", 3)


def test_two_files_for_one_stage_are_both_asked_about():
    found = proposed(["Fjord_step12_U.stl", "Fjord_step12b_U.stl", "Fjord_step13_U.stl"])

    assert "2 files claim upper stage 12" in (found["Fjord_step12b_U.stl"].reason or "")
    assert found["Fjord_step12_U.stl"].confidence < 0.9
    assert found["Fjord_step13_U.stl"].confidence >= 0.9
    assert matching.doubles(list(found.values())) == [
        {"arch": "upper", "stage": 12, "files": ["Fjord_step12_U.stl", "Fjord_step12b_U.stl"]}
    ]


def test_a_gap_is_missing_and_a_shorter_arch_is_not():
    found = proposed([f"U_stage_{n}.stl" for n in (0, 1, 3, 4)] + [f"L_stage_{n}.stl" for n in (0, 1)])

    assert matching.missing_stages(list(found.values())) == [{"arch": "upper", "stage": 2}]


def with_shapes(files):
    book = SeriesBook()
    return {name: book.describe(stl.parse(data, name)) for name, data in files.items()}


def test_a_file_without_arch_and_stage_is_placed_by_the_order_of_its_triangles():
    files = case_files(tiny_case())
    files["export.stl"] = files.pop("Mandibular_stage_02.stl")

    proposal = matching.propose(with_shapes(files))[-1]

    assert (proposal.arch, proposal.stage) == ("lower", 2)
    assert proposal.confidence < 0.9
    assert "lower files" in (proposal.reason or "")
    assert "between stages 1 and 3" in (proposal.reason or "")


def test_a_name_that_contradicts_its_triangles_is_asked_about():
    files = case_files(tiny_case())
    files["Maxillary_stage_05.stl"] = files.pop("Mandibular_stage_04.stl")

    proposal = matching.propose(with_shapes(files))[-1]

    assert proposal.confidence < 0.9
    assert "lower files" in (proposal.reason or "")


def test_the_same_model_twice_is_recognised():
    files = case_files(tiny_case())
    files["copy of Maxillary_stage_02.stl"] = files["Maxillary_stage_02.stl"]

    proposal = matching.propose(with_shapes(files))[-1]

    assert "same model" in (proposal.reason or "")


def test_a_guessed_number_gives_way_to_the_one_gap_that_the_shape_fits():
    files = case_files(tiny_case())
    files["export (9).stl"] = files.pop("Maxillary_stage_02.stl")

    proposal = matching.propose(with_shapes(files))[-1]

    assert (proposal.arch, proposal.stage) == ("upper", 2)
    assert proposal.confidence < 0.9
    assert "Its last number is 9, but the shape lies between stages 1 and 3: 2 was taken." in (proposal.reason or "")


def test_a_shape_beyond_the_known_stages_is_not_squeezed_between_two():
    files = case_files(tiny_case())
    del files["Maxillary_stage_01.stl"]
    files["export (9).stl"] = files.pop("Maxillary_stage_04.stl")

    proposal = matching.propose(with_shapes(files))[-1]

    assert proposal.stage == 9
    assert "between" not in (proposal.reason or "")


def test_a_number_beside_the_arch_gives_way_to_the_one_that_varies():
    found = proposed([f"Upper 2 model {stage}.stl" for stage in range(5)])

    assert [found[f"Upper 2 model {stage}.stl"].stage for stage in range(5)] == list(range(5))


def test_a_date_beside_the_arch_is_no_stage():
    (proposal,) = matching.propose({"upper_12_05_2026.stl": None})

    assert proposal.confidence < 0.9


def test_without_any_name_the_shape_tells_upper_from_lower():
    found = {
        p.name: p for p in matching.propose(with_shapes({"a.stl": tiny_arch("upper", 1).file(0), "b.stl": tiny_arch("lower", 1).file(0)}))
    }

    assert (found["a.stl"].arch, found["b.stl"].arch) == ("upper", "lower")
    assert "The shape reads as an upper arch." in (found["a.stl"].reason or "")
    assert found["a.stl"].confidence < 0.9


def test_a_closed_ball_has_no_side_up():
    vertices, faces = ellipsoid((40, 40, 40))
    assert facing(vertices.astype("float32")[faces]) == 0
