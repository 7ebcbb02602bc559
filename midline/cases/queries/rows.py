"""A row of a list as it is shown and exported: the one place where a hidden identity is left out."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from midline.cases.models import CollaboratorStatus, Patient, Status, Turn
from midline.cases.queries.line import LinePatient, Listed
from midline.cases.queries.reach import Reach, unread_by_case
from midline.cases.queries.standing import Standing, standings
from midline.cases.queries.words import detail_words, is_unusable, type_words
from midline.core import clock
from midline.core.workspace import Workspace


class Row(NamedTuple):
    """patient is empty where the identity is hidden from the reader or nobody is named yet; about is age and sex, which always show.

    begun_by: the collaborator who began the current order on the provider's behalf, empty when the provider or the reader did.
    """

    group: str
    id: int
    number: str
    patient: str
    hidden: bool
    about: str
    practice: str
    provider: str
    type: str
    status: Status
    detail: str
    unusable: bool
    awaiting_version: int | None
    collaborators: int
    collaborator_status: CollaboratorStatus | None
    collaborator_detail: str
    turn: Turn
    own: bool
    unread: int
    begun_by: str
    submitted_at: datetime | None
    last_activity_at: datetime


def rows_of(grouped: Sequence[tuple[str, Listed]], reach: Reach) -> list[Row]:
    """The rows of cases with their groups, in at most four queries whatever their number."""
    cases = [case for _group, case in grouped]
    stand, unread = standings(cases, reach.actor), unread_by_case(reach.actor, [case.pk for case in cases])
    now = _Now(reach, clock.today("UTC"), get_language(), {})
    return [_row(group, case, stand[case.pk], unread.get(case.pk, 0), now) for group, case in grouped]


class _Now(NamedTuple):
    """What the rows of one page share. said: words that were made for one of them, by what they follow from."""

    reach: Reach
    today: date
    language: str | None
    said: dict[tuple[object, ...], "_Said"]


class _Said(NamedTuple):
    type: str
    detail: str
    unusable: bool
    beside: str


STATES: Final = {status.value: status for status in Status}


def _row(group: str, case: Listed, standing: Standing, unread: int, now: _Now) -> Row:
    hidden, reach = standing.hidden, now.reach
    status = standing.mine if reach.is_collaborator else standing.status
    said = _said(case, status, now)
    return Row(
        group=group,
        id=case.pk,
        number=case.number or "",
        patient=case.patient.name if case.patient and not hidden else "",
        hidden=hidden,
        about=_about(now.language, case.patient.age(now.today), case.patient.sex) if case.patient else "",
        practice=case.practice.name,
        provider=case.provider.name,
        type=said.type,
        status=STATES[case.status],
        detail=said.detail,
        unusable=said.unusable,
        awaiting_version=case.awaiting_version,
        collaborators=standing.collaborators,
        collaborator_status=status,
        collaborator_detail=said.beside,
        turn=standing.turn,
        own=standing.own,
        unread=unread,
        begun_by=_begun_by(case, reach),
        submitted_at=case.submitted_at,
        last_activity_at=case.last_activity_at,
    )


def _said(case: Listed, status: CollaboratorStatus | None, now: _Now) -> _Said:
    key = (case.status, case.status_detail, case.case_type, case.type_detail, case.awaiting_version, case.approved_version, status)
    if (said := now.said.get(key)) is None:
        said = now.said[key] = _Said(type_words(case), detail_words(case), is_unusable(case), _beside(case, status))
    return said


def _begun_by(case: Listed, reach: Reach) -> str:
    order = case.current_order
    if order is None or order.created_in != Workspace.COLLABORATOR or order.created_by_id == reach.actor.user_id:
        return ""
    return order.created_by.name


def about(patient: Patient | LinePatient | None, today: date) -> str:
    """ "14 years, female": what stays when the identity is hidden."""
    if patient is None:
        return ""
    return _about(get_language(), patient.age(today), patient.sex)


@lru_cache(1_024)
def _about(language: str | None, age: int | None, sex: str) -> str:
    years = ngettext("%(n)s year", "%(n)s years", age) % {"n": age} if age is not None else ""
    sex_words = str(Patient.Sex(sex).label) if sex else ""
    return ", ".join(part for part in (years, sex_words.lower()) if part)


def _beside(case: Listed, status: CollaboratorStatus | None) -> str:
    """What a collaborator reads beside the own state: the version that waits, else how the case stands."""
    if status is CollaboratorStatus.READY and case.awaiting_version:
        return _("v%(n)s, by you") % {"n": case.awaiting_version}
    if status is CollaboratorStatus.EVALUATING and case.awaiting_version:
        return f"v{case.awaiting_version}"
    if status is CollaboratorStatus.APPROVED and case.state is Status.APPROVED:
        return f"v{case.approved_version}" if case.approved_version else ""
    return detail_words(case) if case.status_detail == "changes" else str(case.state.label)
