"""A provider's collaborators as Manage Collaborators shows them: their state in words, how many cases each sees, and one case each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Max, Sum
from django.utils import dateformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from midline.cases.models import Case, CollaborationCount, CollaboratorStatus, Share
from midline.cases.queries.line import Listed
from midline.cases.queries.standing import standings
from midline.collaboration.models import Collaboration, Grant, Invitation
from midline.collaboration.queries import collaborations_of, ended_of
from midline.core import clock
from midline.core.workspace import Workspace
from midline.people.policies import Actor

# The tone of somebody's initials says what they are to the provider.
RELATION_TONES: Final = {
    Collaboration.Relation.MENTOR: "peer",
    Collaboration.Relation.CLINICIAN: "good",
    Collaboration.Relation.PLANNING: "lab",
    Collaboration.Relation.STAFF: "idle",
}


def relation_tone(collaboration: Collaboration) -> str:
    return RELATION_TONES[Collaboration.Relation(collaboration.relation)]


@dataclass(frozen=True)
class Person:
    """One line of the list: the state in words, with tone and icon, and the number of cases."""

    collaboration: Collaboration
    words: str
    tone: str
    icon: str
    cases: int

    @property
    def avatar_tone(self) -> str:
        return relation_tone(self.collaboration)

    @property
    def cases_words(self) -> str:
        if not self.cases:
            return _("No case yet")
        return ngettext("%(n)s case", "%(n)s cases", self.cases) % {"n": self.cases}


@dataclass(frozen=True)
class Shared:
    """How one case stands with one collaborator: "" not shared, "single", or "every" by the standing grant."""

    how: str
    status: CollaboratorStatus | None


def people_of(provider_id: int) -> list[Person]:
    """Invited and active collaborators by name, in three queries whatever their number."""
    rows = list(collaborations_of(provider_id))
    ids = [row.pk for row in rows]
    counts = dict(CollaborationCount.objects.filter(collaboration_id__in=ids).values_list("collaboration_id").annotate(n=Sum("count")))
    invited = [row.pk for row in rows if row.state == Collaboration.State.INVITED]
    sent = Invitation.objects.filter(collaboration_id__in=invited, withdrawn_at=None, used_at=None)
    expires = dict(sent.values_list("collaboration_id").annotate(at=Max("expires_at"))) if invited else {}
    found = []
    for row in rows:
        words, tone, icon = _state(row, expires.get(row.pk))
        found.append(Person(row, words, tone, icon, counts.get(row.pk, 0)))
    return found


def former_people_of(provider_id: int) -> list[Person]:
    """Those with whom it ended, the latest first."""
    return [Person(row, _ended(row), "idle", "log-out", 0) for row in ended_of(provider_id)]


def _day(moment: object) -> str:
    return dateformat.format(moment, pgettext("date format", "j M"))  # type: ignore[arg-type]


def _state(row: Collaboration, expires_at: object) -> tuple[str, str, str]:
    if row.state == Collaboration.State.INVITED:
        days = (expires_at - clock.now()).days if expires_at else -1  # type: ignore[operator]
        if days < 0:
            return _("Invitation expired"), "act", "mail"
        return ngettext("Invited, %(n)s day left", "Invited, %(n)s days left", days) % {"n": days}, "idle", "mail"
    if row.ends_on:
        return _("Ends %(day)s") % {"day": _day(row.ends_on)}, "act", "clock-3"
    return str(row.get_state_display()), "good", "circle-check"


def _ended(row: Collaboration) -> str:
    how = str(row.get_ended_display()) if row.ended else str(row.get_state_display())
    return f"{how}, {_day(row.ended_at)}" if row.ended_at else how


def shared_by_case(collaboration: Collaboration, cases: Sequence[Listed]) -> dict[int, Shared]:
    """How each case stands with this collaborator, in a constant number of queries; a status only for who evaluates."""
    single = set(
        Share.objects.filter(collaboration=collaboration, case_id__in=[c.pk for c in cases], ended_at=None, gives=True)
        .values_list("case_id", flat=True)
    )  # fmt: skip
    stand = {}
    if collaboration.person and collaboration.evaluates:
        stand = standings(cases, Actor(collaboration.person, Workspace.COLLABORATOR))
    found = {}
    for case in cases:
        how = "every" if collaboration.every_case else "single" if case.pk in single else ""
        found[case.pk] = Shared(how, stand[case.pk].mine if how and case.pk in stand else None)
    return found


def withheld_on(case: Case, collaboration: Collaboration) -> set[Grant]:
    """What is taken away from this collaborator on this case."""
    share = Share.objects.filter(case=case, collaboration=collaboration, ended_at=None).first()
    return share.withheld if share else set()


def taken_away_by_collaboration(case: Case, collaborations: list[Collaboration]) -> dict[int, list[str]]:
    """In words, what of the granted is taken away on this case: only collaborations with something, in one query."""
    rows = Share.objects.filter(case=case, collaboration__in=collaborations, ended_at=None)
    held = {row.collaboration_id: row.withheld for row in rows}
    found = {one.pk: [str(grant.label) for grant in Grant if grant in one.granted & held.get(one.pk, set())] for one in collaborations}
    return {pk: words for pk, words in found.items() if words}
