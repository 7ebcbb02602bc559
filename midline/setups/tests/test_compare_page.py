"""What changed since an earlier version, on the page and for the viewer."""

import json
import re
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import translation

from midline.cases.models import Case
from midline.cases.tests.factories import move
from midline.conversation.models import ChangeItem, ChangeRequest
from midline.core import clock
from midline.setups.comparison import comparison
from midline.setups.models import IPR, Attachment, Movement, SetupVersion
from midline.setups.tests.factories import make_version


@pytest.fixture
def two(cast) -> tuple[SetupVersion, SetupVersion]:
    """Version 1, sent back with three lines; version 2: 12 and the IPR at 21–22 as asked, the attachment of 13 gone as nobody asked."""
    case = move(cast.case, "take", technician=cast.technician.user)
    first = make_version(case, cast.technician.user, published=False)
    Attachment.objects.create(version=first, tooth=13, shape="Ellipsoid", size="3.5 × 2 mm", added_stage=1, removed_stage=4)
    IPR.objects.create(version=first, tooth_a=21, tooth_b=22, amount_mm=Decimal("0.20"), before_stage=2)
    second = make_version(case, cast.technician.user, 2, published=False)
    Movement.objects.filter(version=second, fdi=12, stage=4).update(rotation_deg=-6)
    IPR.objects.create(version=second, tooth_a=22, tooth_b=21, amount_mm=Decimal("0.10"), before_stage=2)
    SetupVersion.objects.filter(pk__in=[first.pk, second.pk]).update(published_at=clock.now(), content_hash="x")
    move(case, "publish", technician=cast.technician.user, version=1)
    request = ChangeRequest.objects.create(
        case=case,
        version=1,
        author=cast.owner.user,
        workspace="provider",
        state="sent",
        words="Keep the bite.",
        sent_at=clock.now(),
        key=uuid4(),
    )
    ChangeItem.objects.create(request=request, tooth=12, movement="rotate_mesial", amount=6, position=0, answer="done")
    ChangeItem.objects.create(request=request, tooth=22, movement="ipr", position=1)
    ChangeItem.objects.create(
        request=request, tooth=33, movement="extrude", position=2, answer="not_possible", answer_words="The bone is thin."
    )
    return SetupVersion.objects.get(pk=first.pk), SetupVersion.objects.get(pk=second.pk)


def address(who: str, version: SetupVersion, act: str = "") -> str:
    return f"/{who}/cases/{version.case.number}/setups/{version.number}/{act}"


def test_each_change_stands_in_the_list_with_its_mark(cast, two):
    first, second = two
    found = comparison(second.case, second, first, cast.owner.actor)

    marks = {(row.change.kind, row.change.teeth): row.change.asked for row in found.rows}
    assert marks == {("movement", (12,)): True, ("ipr", (21, 22)): True, ("attachment", (13,)): False}
    assert [item.tooth for item in found.unmet] == [33]
    assert found.loose == ["Keep the bite."]
    assert (found.asked_for, len(found.rows), found.unchanged) == (2, 3, 8)


def test_the_page_says_what_was_asked_what_the_lab_answered_and_what_came_on_top(cast, two):
    page = cast.owner.client.get(address("provider", two[1])).content.decode()

    assert "2 of 3 changes were asked for." in page
    assert page.count("not asked for") == 1
    assert "The bone is thin." in page
    block = re.search(r'id="setup-compare"[^>]*>(.*?)</script>', page)
    assert block
    assert json.loads(block[1]) == {
        "with": 1,
        "teeth": [12, 13, 21, 22],
        "attachments_gone": [13],
    }


def test_the_decision_bar_says_how_much_was_asked_for_and_leads_to_the_list(cast, two):
    Case.objects.filter(pk=two[1].case_id).update(awaiting_version=2)
    page = cast.owner.client.get(address("provider", two[1])).content.decode()
    bar = page[page.index('id="decision"') :]
    link = re.search(r'<a [^>]*data-open-tab="tab-versions"[^>]*>([^<]*)</a>', bar)
    words = " ".join(re.sub(r"<[^>]+>", "", bar).split())

    assert link
    assert link[1] == "2 of 3 changes since version 1 are what you asked for."
    assert f'href="{address("provider", two[1], "compare/?with=1")}"' in link[0]
    assert "On top: 13." in words
    assert "1 request left no change." in words


def test_the_decision_bar_says_you_to_the_provider_alone(cast, two):
    Case.objects.filter(pk=two[1].case_id).update(awaiting_version=2)
    page = cast.with_no_grant.client.get(address("collaborator", two[1])).content.decode()

    assert "2 of 3 changes since version 1 were asked for." in page
    assert "you asked for" not in page


def test_the_decision_bar_is_silent_where_nothing_is_to_be_decided(cast, two):
    Case.objects.filter(pk=two[1].case_id).update(awaiting_version=2)
    for page in (
        cast.technician.client.get(address("lab", two[1])).content.decode(),
        cast.owner.client.get(address("provider", two[0])).content.decode(),
    ):
        assert "data-open-tab" not in page


def test_a_request_that_was_only_proposed_asks_for_nothing(cast, two):
    ChangeRequest.objects.update(state="proposed", sent_at=None)

    assert comparison(two[1].case, two[1], two[0], cast.owner.actor).asked_for == 0


def test_a_request_on_the_newest_version_asks_for_nothing_in_it(cast, two):
    ChangeRequest.objects.update(version=2)

    assert comparison(two[1].case, two[1], two[0], cast.owner.actor).asked_for == 0


def test_the_list_comes_as_a_fragment_for_the_select_and_as_the_page_without_a_script(cast, two):
    fragment = cast.owner.client.get(address("provider", two[1], "compare/?with=1"), headers={"HX-Request": "true"})
    whole = cast.owner.client.get(address("provider", two[1], "compare/?with=1")).content.decode()

    assert fragment.content.decode().lstrip().startswith('<div id="compare">')
    assert 'id="tab-versions" aria-controls="pane-versions" aria-selected="true"' in whole
    assert re.search(r'id="pane-plan"[^>]* hidden', whole)


@pytest.mark.parametrize("wanted", ["", "0", "2", "3", "99999999999999999999", "-1", "x"])
def test_only_an_earlier_version_can_be_compared_with(cast, two, wanted):
    assert cast.owner.client.get(address("provider", two[1], f"compare/?with={wanted}")).status_code == 404


def test_a_first_version_says_that_there_is_nothing_earlier(cast, two):
    page = cast.owner.client.get(address("provider", two[0])).content.decode()

    assert "there is nothing earlier to compare it with" in page
    assert "setup-compare" not in page


def test_an_unpublished_version_is_neither_listed_nor_laid_over_for_others(cast, two):
    SetupVersion.objects.filter(pk=two[0].pk).update(published_at=None)
    page = cast.owner.client.get(address("provider", two[1])).content.decode()

    assert "/overlay/1/" not in page
    assert cast.owner.client.get(address("provider", two[1], "overlay/1/")).status_code == 404
    assert cast.owner.client.get(address("provider", two[1], "compare/?with=1")).status_code == 404
    assert cast.technician.client.get(address("lab", two[1], "overlay/1/")).status_code == 200


def test_an_overlay_tells_how_it_was_laid_over_and_where_its_models_are(cast, two):
    answer = cast.owner.client.get(address("provider", two[1], "overlay/1/"))
    laid = answer.json()

    assert laid["registration"]["how"] == "same"
    assert laid["registration"]["matrix"] == [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    assert laid["registration"]["words"] == "Version 1 lies in the same frame; nothing was moved to lay it over."
    assert cast.owner.client.get(laid["model"]).status_code == 200
    assert "no-store" in answer["Cache-Control"]


def test_the_matrix_is_sent_by_columns_as_the_viewer_reads_it(cast, two):
    for part in two[0].parts.filter(kind="tooth"):
        frame = part.frame
        frame[0][3] += 7.0
        type(part).objects.filter(pk=part.pk).update(frame=frame)
    laid = cast.owner.client.get(address("provider", two[1], "overlay/1/")).json()["registration"]

    assert laid["how"] == "still"
    assert laid["matrix"][12:15] == pytest.approx([-7.0, 0.0, 0.0])


def test_bars_keep_their_width_in_a_language_with_decimal_commas(cast, two):
    with translation.override("de"):
        found = comparison(two[1].case, two[1], two[0], cast.owner.actor)
    [row] = [row for row in found.rows if row.table]

    assert row.now.startswith("6,0°")
    assert all("," not in width for line in row.table for _side, width in line.bars)


def test_movements_from_different_sources_are_compared_with_a_word_of_care(cast, two):
    first, second = two
    assert comparison(second.case, second, first, cast.owner.actor).caution() == ""

    SetupVersion.objects.filter(pk=second.pk).update(plan=second.plan | {"movement_source": "lab"})
    page = cast.owner.client.get(address("provider", second)).content.decode()

    assert "that alone can make up to 0.7" in page
    assert "The values are the lab" in page
