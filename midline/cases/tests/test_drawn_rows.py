"""Rows and addresses that are made once for many say what each would say alone."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from midline.cases.models import CollaboratorStatus, Status, Turn
from midline.cases.queries import Asked, Row
from midline.cases.queries.asked import Unnamed
from midline.cases.views.cells import Drawing
from midline.cases.views.columns import COLUMNS
from midline.core import clock
from midline.core.moments import ago, exact, time_tag
from midline.core.workspace import Workspace

ID = UUID("11111111-2222-3333-4444-555555555555")
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "view": st.sampled_from([None, ID]),
        "group": st.sampled_from(["", "closed"]),
        "status": st.sampled_from([(), ("draft", "approved")]),
        "practice": st.sampled_from([(), (1, 2)]),
        "provider": st.sampled_from([None, 5]),
        "unread": st.booleans(),
        "active_from": st.sampled_from([None, date(2026, 1, 1)]),
        "collaboration": st.sampled_from([None, 3]),
        "q": st.sampled_from([None, ID]),
        "term": st.sampled_from(["", "Meyer & Co"]),
        "sort": st.sampled_from(["-activity", "-number", "patient", Unnamed("-activity")]),
        "after": st.sampled_from(["", "1|2"]),
        "last": st.booleans(),
        "page": st.sampled_from([1, 2]),
    },
)


@given(asked=CHANGES, changes=CHANGES)
def test_an_address_with_changes_is_that_of_the_changed_view(asked, changes):
    view = Asked(**asked)
    assert view.address(**changes) == (view.but(**changes) if changes else view).address()


@given(asked=CHANGES)
def test_an_address_leaves_out_what_is_not_asked_and_what_was_typed(asked):
    parts = dict(Asked(**asked).pairs())
    assert "term" not in parts
    for name, value in asked.items():
        written = {"collaboration": "with"}.get(name, name)
        default = Unnamed.of(asked.get("term", "")) if name == "sort" else getattr(Asked(), name)
        assert name == "term" or isinstance(value, Unnamed) or (written in parts) == (bool(value) and value != default)


def row(**changes: Any) -> Row:
    made = Row(
        group="", id=1, number="0000001", patient="Ada <b>", hidden=False, about="14 years", practice="A & B", provider="P", type="Aligner",
        status=Status.APPROVED, detail="", unusable=False, awaiting_version=None, collaborators=0, collaborator_status=None,
        collaborator_detail="", turn=Turn.LAB, own=False, unread=0, begun_by="", submitted_at=None,
        last_activity_at=datetime(2026, 11, 1, 12, tzinfo=UTC),
    )  # fmt: skip
    return made._replace(**changes)


ROWS = [
    row(
        number=f"{n:07}",
        status=status,
        collaborator_status=mine,
        turn=turn,
        own=own,
        unread=unread,
        collaborators=unread,
        detail=detail,
    )
    for n, (status, mine, turn, own, unread, detail) in enumerate(
        product(
            (Status.APPROVED, Status.RECORDS_NEEDED),
            (None, CollaboratorStatus.APPROVED),
            (Turn.PROVIDER, Turn.COLLABORATOR),
            (False, True),
            (0, 1),
            ("", "v1 <i>"),
        )
    )
]


@pytest.mark.parametrize("workspace", [Workspace.PROVIDER, Workspace.COLLABORATOR])
@pytest.mark.parametrize("language", ["en", "de"])
def test_rows_of_one_page_are_drawn_as_each_alone(workspace, language):
    with translation.override(language):
        page = Drawing(workspace, COLUMNS[workspace], selects=True)
        for one in [*ROWS, *ROWS]:
            alone = Drawing(workspace, COLUMNS[workspace], selects=True).row(one)
            assert page.row(one) == alone
            assert "\0" not in alone
            assert f'value="{one.number}"' in alone
            assert f"/{one.number}/" in alone
            assert "<b>" not in alone
            assert "<i>" not in alone


def test_no_row_is_drawn_in_the_language_of_another_page():
    said = {}
    for language in ("en", "de"):
        with translation.override(language):
            said[language] = Drawing(Workspace.PROVIDER, COLUMNS[Workspace.PROVIDER], selects=True).row(ROWS[0])
    assert said["en"] != said["de"]


@given(minutes=st.integers(-3_000, 60 * 24 * 500), seconds=st.integers(0, 59))
def test_a_time_says_what_its_parts_say(minutes, seconds):
    now = clock.now()
    moment = now - timedelta(minutes=minutes, seconds=seconds)
    assert time_tag(moment, now) == (
        f'<time datetime="{moment.isoformat(timespec="seconds")}" title="{exact(moment)}" data-ago>{ago(moment, now)}</time>'
    )


def test_a_view_that_was_changed_writes_its_own_address():
    view = Asked(sort="patient")
    assert view.address() == "?sort=patient"
    assert replace(view, sort="status").address() == "?sort=status"
