"""Pontics and extractions in the plan of an import: typed, read from CSV, offered, refused with field and remedy, frozen when published."""

import io

import pytest

from midline.lab.import_page.offers import ended_words, offers_of
from midline.lab.tests.pages import text, url
from midline.people.models import User
from midline.setups import services
from midline.setups.models import Frozen, SetupImport
from midline.setups.services.content import content_hash
from midline.setups.tests.factories import make_import


@pytest.fixture
def item(cast, order) -> SetupImport:
    """A built import: teeth 13 to 23 and 43 to 33, four stages."""
    return make_import(order, cast.technician.user)


def post(client, case, item, **fields):
    return client.post(url("import_plan", case, item.pk), fields)


def gaps_of(version):
    return list(version.pontics.values_list("tooth", "until_stage")), list(version.extractions.values_list("tooth", "before_stage"))


def test_pontics_and_extractions_are_typed_saved_shown_and_part_of_what_is_decided_on(cast, lab, item):
    before = content_hash(item.version)
    fields = {"pontic-total": 2, "pontic-0-tooth": "14", "pontic-0-until_stage": "3", "pontic-1-tooth": "24", "pontic-1-until_stage": ""}
    fields |= {"extraction-total": 1, "extraction-0-tooth": "34", "extraction-0-before_stage": "0"}
    assert post(lab, cast.case, item, **fields).status_code == 302

    assert gaps_of(item.version) == ([(14, 3), (24, None)], [(34, 0)])
    assert content_hash(item.version) != before
    page = text(lab.get(url("import", cast.case, item.pk)))
    assert 'name="pontic-0-until_stage" value="3"' in page
    assert 'name="extraction-0-before_stage" value="0"' in page

    assert post(lab, cast.case, item).status_code == 302
    assert gaps_of(item.version) == ([], []), "what is taken out of the form is gone"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("pontic-0-tooth", "11", "Tooth 11 is in this setup; a pontic stands in a gap."),
        ("pontic-0-tooth", "99", "There is no tooth 99 in FDI."),
        ("pontic-0-tooth", "<b>", "is no whole number."),
        ("pontic-0-until_stage", "5", "Stage 5 is not in this arch. Enter 0 to 4"),
        ("extraction-0-before_stage", "5", "Stage 5 is not in this arch."),
        ("extraction-0-before_stage", "", "This is empty."),
        ("extraction-1-tooth", "34", "Tooth 34 stands in two lines."),
    ],
    ids=["present", "no tooth", "words", "late pontic", "late extraction", "empty", "twice"],
)
def test_a_wrong_row_is_named_and_nothing_is_saved(cast, lab, item, field, value, said):
    fields = {
        "pontic-total": 1,
        "pontic-0-tooth": "14",
        "extraction-total": 2,
        "extraction-0-tooth": "34",
        "extraction-0-before_stage": "1",
    }
    fields |= {"extraction-1-tooth": "35", "extraction-1-before_stage": "1", field: value}
    answer = post(lab, cast.case, item, **fields)

    assert answer.status_code == 422
    assert said in text(answer)
    assert f'href="#{field}"' in text(answer)
    assert gaps_of(item.version) == ([], [])


def test_a_csv_of_pontics_or_extractions_fills_the_form_and_says_what_is_wrong(cast, lab, item):
    def read(kind, words):
        source = io.BytesIO(words.encode())
        source.name = "a.csv"
        return text(post(lab, cast.case, item, **{"act": f"csv-{kind}", f"{kind}-file": source}))

    assert 'name="pontic-0-tooth" value="14"' in read("pontic", "tooth;until_stage\n14;\n24;2")
    assert 'name="extraction-0-before_stage" value="2"' in read("extraction", "before_stage,tooth\n2,34")
    assert "Row 2, column “tooth”: Tooth 11 is in this setup" in read("pontic", "tooth\n11")
    assert "has no column “before_stage”" in read("extraction", "tooth\n34")


def test_a_tooth_whose_files_end_early_is_offered_as_an_extraction(cast, lab, item):
    item.mapping = [
        {"name": f"{fdi}_{stage}.stl", "arch": "upper", "stage": stage, "kind": "stage", "part": "tooth", "fdi": fdi, "group": "g"}
        for fdi, last in ((13, 4), (12, 2))
        for stage in range(last + 1)
    ]
    item.save()
    offers = offers_of(item, item.version)
    assert offers.extractions == [{"tooth": "12", "before_stage": "3"}]
    assert ended_words(offers, User.Numbering.UNIVERSAL) == "7 before stage 3"
    page = text(post(lab, cast.case, item, act="take-ended"))
    assert 'name="extraction-0-tooth" value="12"' in page
    assert (
        post(lab, cast.case, item, **{"extraction-total": 1, "extraction-0-tooth": "12", "extraction-0-before_stage": "3"}).status_code
        == 302
    )
    assert offers_of(item, item.version).extractions == [], "what has a row is not offered again"


def test_pontics_and_extractions_of_a_published_version_never_change(cast, item):
    pontic = item.version.pontics.create(tooth=14)
    services.version_publish(version=item.version, by=cast.technician.actor)
    with pytest.raises(Frozen):
        pontic.save()
    with pytest.raises(Frozen):
        pontic.delete()
    with pytest.raises(Frozen):
        item.version.extractions.create(tooth=34, before_stage=0)
