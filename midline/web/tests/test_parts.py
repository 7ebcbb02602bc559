"""Values, signs, fields and the page of parts."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.test import Client
from django.utils import timezone

from midline.cases.models import Status
from midline.core import moments
from midline.people.numbering import tooth_number
from midline.web.views import design
from midline.web.views.design import SampleForm

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


def show(source: str, **values: object) -> str:
    return Template(source).render(Context(values))


@pytest.mark.parametrize(
    ("fdi", "universal", "palmer"),
    [
        (18, "1", "8┘"),
        (11, "8", "1┘"),
        (21, "9", "└1"),
        (28, "16", "└8"),
        (38, "17", "┌8"),
        (31, "24", "┌1"),
        (41, "25", "1┐"),
        (48, "32", "8┐"),
        (55, "A", "E┘"),
        (61, "F", "└A"),
        (75, "K", "┌E"),
        (85, "T", "E┐"),
    ],
)
def test_teeth_are_shown_in_the_numbering_of_the_reader(fdi, universal, palmer):
    assert tooth_number(fdi, "fdi") == str(fdi)
    assert tooth_number(fdi, "universal") == universal
    assert tooth_number(fdi, "palmer") == palmer


@pytest.mark.parametrize("fdi", [0, 9, 10, 19, 49, 56, 90, 91])
def test_a_number_that_is_no_tooth_is_shown_as_it_is(fdi):
    assert tooth_number(fdi, "universal") == tooth_number(fdi, "palmer") == str(fdi)


@pytest.mark.parametrize(
    ("past", "words"),
    [
        (timedelta(seconds=20), "Now"),
        (timedelta(minutes=12), "12 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=13), "13 h"),
        (timedelta(hours=15), "Yesterday"),
        (timedelta(days=1, hours=13), "Yesterday"),
        (timedelta(days=2), "20 Nov"),
        (timedelta(days=8), "14 Nov"),
        (timedelta(days=400), "18 Oct 2025"),
        (-timedelta(days=9), "1 Dec"),
    ],
)
def test_times_are_said_in_few_words(past, words):
    assert moments.ago(NOW - past, NOW) == words


def test_shortly_after_midnight_hours_are_said():
    after_midnight = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)

    assert moments.ago(after_midnight - timedelta(hours=2), after_midnight) == "2 h"
    assert moments.ago(after_midnight - timedelta(hours=7), after_midnight) == "Yesterday"


def test_yesterday_follows_the_time_zone_of_the_page():
    moment, now = datetime(2026, 11, 21, 23, 30, tzinfo=UTC), datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    assert moments.ago(moment, now) == "Yesterday"
    with timezone.override("Europe/Oslo"):
        assert moments.ago(moment, now) == "12 h"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ 0.2|mm }}", "0.20\u2009mm"),
        ("{{ value|mm:'1' }}", "−1.5\u2009mm"),
        ("{{ 4.2|deg }}", "4.2°"),
        ("{{ 1.5|deg:'+1' }}", "+1.5°"),
        ("{{ value|deg }}", "−1.5°"),
        ("{{ tiny|deg:'+1' }}", "0.0°"),
        ("{{ none|mm }}", ""),
    ],
)
def test_values_carry_their_unit_and_a_true_minus(source, text):
    assert show(source, value=-1.5, tiny=-0.01, none=None) == text


def test_every_status_has_icon_tone_and_words():
    for status in Status:
        html = show("{% status value %}", value=status)
        assert f'data-tone="{status.tone}"' in html
        assert f"#i-{status.icon}" in html
        assert str(status.label) in html


def test_unusable_records_are_red():
    assert 'data-tone="stop"' in show("{% status 'records_needed' unusable=True %}")


def test_the_turn_of_the_reader_is_said_so(cast):
    assert "Your turn" in show("{% turn 'provider' %}", actor=cast.owner.actor)
    assert "Your turn" not in show("{% turn 'provider' %}", actor=cast.with_every_grant.actor)
    assert "Your turn" in show("{% turn 'lab' %}", actor=cast.technician.actor)
    assert "Nobody" in show("{% turn 'nobody' %}", actor=cast.owner.actor)


def test_a_part_escapes_what_people_typed():
    html = show("{% avatar name %}{% dialog 'd' title=name text=name %}{{ name }}{% enddialog %}", name="<b>Bad</b>")

    assert "<b>" not in html


def test_every_icon_in_use_is_in_the_sprite():
    import re
    from pathlib import Path

    web = Path(design.__file__).parents[1]
    known = set((web / "assets" / "icons.txt").read_text().split())
    drawn = set(re.findall(r'id="i-([a-z0-9-]+)"', (web / "static" / "web" / "icons.svg").read_text()))
    used = set()
    for page in web.parent.rglob("templates/**/*.html"):
        used.update(re.findall(r'{% icon "([a-z0-9-]+)"', page.read_text()))

    assert drawn == known
    assert used <= drawn, sorted(used - drawn)


def test_a_refused_field_is_marked_and_described_by_its_error():
    form = SampleForm({"email": "nobody", "steps": "140"})
    html = form["steps"].as_field_group()

    assert 'aria-invalid="true"' in html
    assert 'id="id_steps_error"' in html
    assert "id_steps_error" in html.split("aria-describedby=", 1)[1][:60]
    assert "This is empty. Fill it in." in form["first_name"].as_field_group()
    assert "optional" in form["message"].as_field_group()
    assert "optional" not in form["first_name"].as_field_group()


def test_the_summary_links_to_every_field_that_is_wrong():
    form = SampleForm({"email": "a@example.org", "first_name": "Ada", "relation": "staff", "password": "x", "consent": "on"})
    html = show("{% error_summary form %}", form=form)

    assert "2 fields need you" in html
    assert 'href="#id_steps"' in html
    assert "Choose which arches the lab plans." in html


def test_a_form_without_faults_has_no_summary():
    assert show("{% error_summary form %}", form=SampleForm()).strip() == ""


def test_the_page_of_parts_shows_every_part(rf, db):
    request = rf.get("/design/")
    request.user = AnonymousUser()
    page = design.design(request).content.decode()

    for part in ("ml-status", "ml-turn", "ml-pop", "ml-drawer", "ml-dialog", "ml-toast", "ml-matrix", "ml-empty", "ml-skel", "ml-bar"):
        assert part in page, part


def test_the_page_of_parts_exists_with_debug_only(db):
    assert Client().get("/design/").status_code == 404
