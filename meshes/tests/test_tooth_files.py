"""An export with a file a tooth a stage: names in several habits, two systems of numbers, files that are missing or twice."""

from __future__ import annotations

import numpy as np
import pytest

from meshes import pipeline, stl, tooth_files
from meshes.shapes import SeriesBook
from meshes.tests.cases import LATITUDES, LONGITUDES, tiny_arch, zip_of
from meshes.tooth_numbers import UNIVERSAL_NUMBERS, Named, decide, fdi_of, usual_places

UNIVERSAL_OF = {fdi: label for label, fdi in UNIVERSAL_NUMBERS.items()}
CODES = {1: "UR", 2: "UL", 3: "LL", 4: "LR"}
GUM = {"upper": "Maxillary", "lower": "Mandibular"}


def tooth_shapes(arch, stages=3):
    """(FDI or None for the gingiva, stage) -> triangles, taken from the arch with one shell a tooth."""
    tiny = tiny_arch(arch, stages)
    faces = tiny.faces[::-1] if arch == "lower" else tiny.faces
    per_tooth = 2 * LONGITUDES * (LATITUDES - 1)
    found = {}
    for stage in range(stages):
        for index, fdi in enumerate(tiny.truth):
            found[fdi, stage] = tiny.positions[stage][faces[index * per_tooth : (index + 1) * per_tooth]]
        found[None, stage] = tiny.positions[stage][faces[len(tiny.truth) * per_tooth :]]
    return found


SHAPES = {arch: tooth_shapes(arch) for arch in GUM}


def export(pattern, gum, *, arches=("upper", "lower"), write=str):
    """name -> STL of every file, named after `pattern` with stage, tooth and arch."""
    files = {}
    for arch in arches:
        for (fdi, stage), triangles in SHAPES[arch].items():
            given = {"stage": stage, "tooth": write(fdi) if fdi else "", "arch": GUM[arch], "short": arch[0].upper()}
            files[(pattern if fdi else gum).format(**given)] = stl.write(triangles)
    return files


def shapes_of(files):
    book = SeriesBook()
    return {name: book.describe(stl.parse(data, name)) for name, data in files.items()}


def proposed(files):
    found, numbering = tooth_files.propose(shapes_of(files))
    return {proposal.name: proposal for proposal in found}, numbering


def code(fdi):
    return f"{CODES[fdi // 10]}{fdi % 10}"


HABITS = [
    pytest.param("Stage_{stage:02d}/Tooth_{tooth}.stl", "Stage_{stage:02d}/{arch}_gingiva.stl", str, "FDI", id="a folder a stage"),
    pytest.param("Tooth {tooth}/Stage {stage}.stl", "Gingiva {arch}/Stage {stage}.stl", str, "FDI", id="a folder a tooth"),
    pytest.param("Subsetup{stage}_FDI{tooth}.stl", "Subsetup{stage}_{arch}_gum.stl", str, "FDI", id="in the name"),
    pytest.param("Meier_104158_{stage:02d}_{tooth}.stl", "Meier_104158_{stage:02d}_{arch}_gingiva.stl", str, "FDI", id="bare numbers"),
    pytest.param("{stage}/{tooth}.stl", "{stage}/{arch} gingiva.stl", str, "FDI", id="folders of numbers"),
    pytest.param("S{stage:02d}_T{tooth}.stl", "S{stage:02d}_{arch}_gums.stl", str, "FDI", id="two letters"),
    pytest.param("Step {stage}/T{tooth}.stl", "Step {stage}/{arch}_gums.stl", str, "FDI", id="a letter in a folder"),
    pytest.param("Schritt {stage}/Zahn {tooth}.stl", "Schritt {stage}/Zahnfleisch {arch}.stl", str, "FDI", id="German"),
    pytest.param("Etapa {stage}/diente_{tooth}.stl", "Etapa {stage}/encia {arch}.stl", str, "FDI", id="Spanish"),
    pytest.param("stage{stage}/{tooth}_tooth.stl", "stage{stage}/gum_{short}.stl", UNIVERSAL_OF.get, "Universal", id="Universal"),
    pytest.param("stage{stage}/#{tooth}.stl", "stage{stage}/{arch}_gum.stl", UNIVERSAL_OF.get, "Universal", id="Universal with a sign"),
    pytest.param("stage{stage}/{tooth}.stl", "stage{stage}/{arch}_gum.stl", code, "Palmer", id="quadrants"),
]


@pytest.mark.parametrize(("pattern", "gum", "write", "system"), HABITS)
def test_every_file_of_a_habit_gets_its_stage_its_tooth_and_its_arch(pattern, gum, write, system):
    found, numbering = proposed(export(pattern, gum, write=write))

    assert numbering["system"] == system
    for arch in GUM:
        for fdi, stage in SHAPES[arch]:
            given = {"stage": stage, "tooth": write(fdi) if fdi else "", "arch": GUM[arch], "short": arch[0].upper()}
            proposal = found[(pattern if fdi else gum).format(**given)]
            assert (proposal.arch, proposal.stage, proposal.fdi) == (arch, stage, fdi), proposal.name
            assert (proposal.kind, proposal.part) == ("stage", "tooth" if fdi else "gingiva")
            assert proposal.confidence >= 0.9, proposal.reason
            assert proposal.reason is None


def test_the_report_says_layout_one_and_the_mapping_names_the_parts(tmp_path):
    files = export("Stage_{stage:02d}/Tooth_{tooth}.stl", "Stage_{stage:02d}/{arch}_gingiva.stl")

    report = pipeline.read(zip_of(tmp_path / "a.zip", files), tmp_path)

    assert (report["layout"], report["layout_refusal"], report["missing"], report["ends"], report["doubles"]) == (1, None, [], [], [])
    assert report["numbering"]["system"] == "FDI"
    assert report["numbering"]["assumed"] is False
    assert report["package"] is False
    rows = {row["name"]: row for row in pipeline.proposed_mapping(report)}
    assert len(rows) == len(files) == 90
    assert rows["Stage_01/Tooth_36.stl"] == {
        "name": "Stage_01/Tooth_36.stl", "kind": "stage", "part": "tooth", "arch": "lower", "stage": 1, "fdi": 36, "group": "tooth 36"
    }  # fmt: skip
    assert rows["Stage_02/Maxillary_gingiva.stl"]["part"] == "gingiva"
    assert rows["Stage_02/Maxillary_gingiva.stl"]["fdi"] is None


def test_a_gap_is_missing_and_a_tooth_that_ends_early_is_said_by_itself():
    files = export("Stage_{stage}/Tooth_{tooth}.stl", "Stage_{stage}/{arch}_gingiva.stl")
    del files["Stage_1/Tooth_11.stl"], files["Stage_2/Tooth_24.stl"]

    found, _ = proposed(files)
    gaps, ends = tooth_files.missing(list(found.values()))

    assert gaps == [{"arch": "upper", "part": "tooth", "fdi": 11, "stage": 1}]
    assert ends == [{"arch": "upper", "part": "tooth", "fdi": 24, "stage": 1}]


def test_initial_and_final_folders_are_the_first_and_the_last_stage():
    folders = {0: "initial", 1: "stage 1", 2: "final"}
    files = {}
    for (fdi, stage), triangles in SHAPES["upper"].items():
        files[f"{folders[stage]}/{f'tooth {fdi}' if fdi else 'upper gingiva'}.stl"] = stl.write(triangles)

    found, _ = proposed(files)

    assert {name: proposal.stage for name, proposal in found.items()} == {
        name: {"initial": 0, "stage 1": 1, "final": 2}[name.split("/")[0]] for name in files
    }
    assert "2 follows the highest stage" in (found["final/tooth 11.stl"].reason or "")
    assert found["initial/tooth 11.stl"].confidence >= 0.9


def test_two_files_for_one_tooth_of_a_stage_are_both_asked_about():
    files = export("Stage_{stage}/Tooth_{tooth}.stl", "Stage_{stage}/{arch}_gingiva.stl")
    files["Stage_1/copy/Tooth_11.stl"] = files["Stage_1/Tooth_11.stl"]

    found, _ = proposed(files)

    assert "2 files claim the same place. The other is “Tooth_11.stl”." in (found["Stage_1/copy/Tooth_11.stl"].reason or "")
    assert found["Stage_1/Tooth_11.stl"].confidence < 0.9
    assert [double["files"] for double in tooth_files.doubles(found.values())] == [["Stage_1/Tooth_11.stl", "Stage_1/copy/Tooth_11.stl"]]


def test_a_name_that_contradicts_the_number_of_the_tooth_is_asked_about():
    files = export("Stage_{stage}/Tooth_{tooth}.stl", "Stage_{stage}/{arch}_gingiva.stl")
    files["Stage_1/Upper_Tooth_36.stl"] = files.pop("Stage_1/Tooth_36.stl")

    found, _ = proposed(files)

    proposal = found["Stage_1/Upper_Tooth_36.stl"]
    assert proposal.reason == "The name says upper, but tooth 36 (FDI) is a lower tooth."
    assert proposal.confidence < 0.9


def test_numbered_pieces_are_no_tooth_numbers_and_stay_together_over_the_stages():
    teeth = sorted(fdi for fdi, stage in SHAPES["upper"] if fdi and not stage)
    files = export("Stage_{stage}/part_{tooth}.stl", "Stage_{stage}/{arch}_gum.stl", arches=("upper",), write=lambda fdi: teeth.index(fdi))

    found, numbering = proposed(files)

    assert numbering["assumed"] is True
    assert "No file name holds a tooth number" in numbering["why"]
    assert found["Stage_1/part_5.stl"].fdi is None
    assert found["Stage_1/part_5.stl"].group == found["Stage_2/part_5.stl"].group != found["Stage_2/part_6.stl"].group


def test_a_template_beside_the_teeth_is_no_stage():
    files = export("Stage_{stage}/Tooth_{tooth}.stl", "Stage_{stage}/{arch}_gingiva.stl")
    files["Maxillary_attachment_template.stl"] = stl.write(np.concatenate([SHAPES["upper"][None, 0], SHAPES["upper"][11, 0]]))

    found, _ = proposed(files)

    template = found["Maxillary_attachment_template.stl"]
    assert (template.kind, template.arch, template.stage) == ("template", "upper", None)
    assert template.confidence >= 0.9


def test_arch_models_called_teeth_are_no_single_teeth():
    arch = tiny_arch("upper", 3)

    assert not tooth_files.is_layout(shapes_of({f"Upper teeth stage {stage}.stl": arch.file(stage) for stage in range(3)}))


@pytest.mark.parametrize(
    ("label", "system", "fdi"),
    [
        ("11", "FDI", 11), ("9", "FDI", None), ("85", "FDI", 85), ("86", "FDI", None), ("1", "Universal", 18), ("16", "Universal", 28),
        ("17", "Universal", 38), ("32", "Universal", 48), ("33", "Universal", None), ("A", "Universal", 55), ("T", "Universal", 85),
        ("UR1", "FDI", 11), ("ll6", "Palmer", 36), ("LR9", "FDI", None), ("", "FDI", None), ("٣", "Universal", 16), ("²", "FDI", None),
    ],
    ids=str,
)  # fmt: skip
def test_a_label_is_a_tooth_of_its_system_or_none(label, system, fdi):
    assert fdi_of(label, system) == fdi


def test_a_number_of_one_system_alone_decides():
    assert decide([Named("11"), Named("47")])["system"] == "FDI"
    assert decide([Named("11"), Named("9")])["system"] == "Universal"
    assert decide([Named("11"), Named("A")])["system"] == "Universal"


def test_the_arches_in_the_names_decide_between_numbers_of_both():
    judged = decide([Named("11", "upper"), Named("21", "upper")])
    assert (judged["system"], judged["assumed"]) == ("FDI", False)
    judged = decide([Named("11", "upper"), Named("21", "lower")])
    assert (judged["system"], judged["assumed"]) == ("Universal", False)


@pytest.mark.parametrize("system", ["FDI", "Universal"])
def test_the_places_of_the_teeth_decide_between_numbers_of_both_and_it_says_assumed(system):
    labels = [str(n) for n in (11, 12, 13, 14, 15, 16, 21, 22, 23, 24, 25, 26)]
    turned = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    teeth = [Named(label, None, turned @ usual_places()[fdi_of(label, system) or 0] + 30) for label in labels]

    judged = decide(teeth)

    assert (judged["system"], judged["assumed"], judged["fits"]) == (system, True, ["FDI", "Universal"])
    assert "places" in judged["why"]


def test_what_nothing_decides_is_fdi_and_says_assumed():
    judged = decide([Named("11"), Named("12")])

    assert (judged["system"], judged["assumed"]) == ("FDI", True)
    assert judged["why"] == "The numbers exist in FDI and in Universal; FDI was assumed."


def test_a_system_in_words_is_believed_unless_a_number_contradicts_it():
    assert decide([Named("11"), Named("12")], "Universal")["system"] == "Universal"
    assert decide([Named("11"), Named("47")], "Universal")["system"] == "FDI"


def test_one_picture_stands_for_a_tooth_at_all_its_stages_and_for_no_other_tooth(tmp_path):
    files = export("Stage_{stage}/Tooth_{tooth}.stl", "Stage_{stage}/{arch}_gingiva.stl")

    rows = {row["name"]: row for row in pipeline.read(zip_of(tmp_path / "a.zip", files), tmp_path)["files"]}

    assert rows["Stage_0/Tooth_13.stl"]["thumb"] == rows["Stage_2/Tooth_13.stl"]["thumb"]
    assert rows["Stage_0/Tooth_13.stl"]["thumb"] != rows["Stage_0/Tooth_16.stl"]["thumb"]
    assert len({row["thumb"] for row in rows.values() if row["part"] == "gingiva"}) == 6
    assert all((tmp_path / row["thumb"]).exists() for row in rows.values())
