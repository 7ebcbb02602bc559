"""How far a reader reaches: what tabs count, from the counters, and a collaborator's live collaborations where a page lists them.

A page of a list reads sums alone: it costs the same for two providers and for two thousand.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Final

from django.db.models import Count, OuterRef, Q, QuerySet, Sum, Value

from midline.cases.models import Case, CaseUnread, CollaborationCount, Group, Order, ProviderCount, ReadyMark, Share, Status
from midline.cases.policies import Anyone, cases_for, moment_of
from midline.cases.queries.conditions import statuses_of
from midline.collaboration.models import Collaboration
from midline.core import clock
from midline.core.prepared import Around, Slot, is_one_of, prepared, stretches
from midline.core.probe import Probe
from midline.core.workspace import Workspace
from midline.people.policies import Actor
from midline.practices.models import Practice


@dataclass(frozen=True)
class Counts:
    """Visible cases by status, and how many of them wait for this collaborator to evaluate."""

    by_status: dict[str, int]
    evaluate: int

    def of(self, statuses: list[str]) -> int:
        return sum(self.by_status.get(status, 0) for status in statuses)

    @property
    def all(self) -> int:
        return sum(self.by_status.values())


@dataclass(frozen=True)
class Reach:
    """The reader; everything else is read when it is asked for, and once."""

    actor: Actor
    _counts: dict[int | None, Counts] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_collaborator(self) -> bool:
        return self.actor.workspace is Workspace.COLLABORATOR

    def collaborations(self, provider: int | None = None) -> QuerySet[Collaboration]:
        """The reader's live collaborations as a collaborator, with every provider or one."""
        mine = Collaboration.objects.live().filter(person_id=self.actor.user_id)
        return mine if provider is None else mine.filter(provider_id=provider)

    @cached_property
    def live(self) -> tuple[Collaboration, ...]:
        """A collaborator's live collaborations with their providers, by name: for what lists providers, not for lists of cases."""
        if not self.is_collaborator:
            return ()
        return tuple(sorted(self.collaborations().select_related("provider__person"), key=lambda c: (c.provider.name.casefold(), c.pk)))

    @cached_property
    def hides(self) -> bool:
        """Whether any provider hides their patients' identity from this reader."""
        return self.is_collaborator and bool(prepared("hides", lambda: _hiding().values_list("pk")[:1]).rows(**who(self.actor)))

    @property
    def hidden(self) -> frozenset[int]:
        """Providers who hide their patients' identity from this reader."""
        if not self.hides:
            return frozenset()
        return frozenset(row[0] for row in prepared("hidden", lambda: _hiding().values_list("provider_id")).rows(**who(self.actor)))

    # --- counters ---------------------------------------------------------------------------------------------------

    def counts(self, provider: int | None = None) -> Counts:
        """From the counters, in five statements at most, whatever the number of cases and of providers."""
        if provider not in self._counts:
            self._counts[provider] = self._collaborators_counts(provider) if self.is_collaborator else self._own_counts()
        return self._counts[provider]

    def _own_counts(self) -> Counts:
        statement = prepared("own counts", lambda: ProviderCount.objects.filter(pk=Slot("provider")).values_list(*Status.values))
        rows = statement.rows(**who(self.actor))
        return Counts(dict(zip(Status.values, rows[0] if rows else [0] * len(Status), strict=True)), 0)

    def _collaborators_counts(self, provider: int | None) -> Counts:
        values = {**who(self.actor), "one_provider": provider}
        one = provider is not None
        found, evaluate = dict.fromkeys(Status.values, 0), 0
        for waiting, *sums in prepared(("standing counts", one), lambda: _standing_sums(one)).rows(**values):
            found |= {status: number or 0 for status, number in zip(Status.values, sums, strict=True)}
            evaluate += waiting or 0
        for status, count, own in prepared(("single counts", one), lambda: _single_sums(one)).rows(**values):
            found[status] += count
            evaluate += own or 0 if status == Status.AWAITING_APPROVAL else 0
        if evaluate:
            evaluate -= sum(row[0] for row in prepared(("marks", one), lambda: _marks(one)).rows(**values))
            evaluate += sum(row[0] for row in prepared(("marks aside", one), lambda: _marks_aside(one)).rows(**values))
            evaluate -= self._planned(provider)
        return Counts(found, evaluate)

    def _planned(self, provider: int | None) -> int:
        """Awaiting cases whose version is this collaborator's own as its planner, and that they do not hold ready besides."""
        planned = prepared("planned", lambda: _planned_by(Slot("person"))).rows(**who(self.actor))
        if not planned:
            return 0
        mine = self.collaborations(provider).filter(evaluates=True)
        rows = cases_for(self.actor).filter(status=Status.AWAITING_APPROVAL, provider_id__in=mine.values("provider_id"))
        return rows.filter(pk__in=[row[0] for row in planned]).exclude(pk__in=_marked(mine)).count()

    def count(self, statuses: list[str], provider: int | None = None) -> int:
        """How many visible cases stand in `statuses`, with every provider or one."""
        return self.counts(provider).of(statuses)

    def to_evaluate_count(self, provider: int | None = None) -> int:
        return self.counts(provider).evaluate

    def tab_counts(self, provider: int | None = None) -> dict[str, int]:
        """By tab ("" is all). A collaborator's In Progress is what is open and not theirs to evaluate."""
        counts = self.counts(provider)
        action, progress, closed = (counts.of(statuses_of(group)) for group in (Group.ACTION, Group.PROGRESS, Group.CLOSED))
        tabs = {"": action + progress + closed, "closed": closed, "open": action + progress}
        if self.is_collaborator:
            return {**tabs, "evaluate": counts.evaluate, "progress": action + progress - counts.evaluate}
        return {**tabs, "action": action, "progress": progress}

    @cached_property
    def provider_counts(self) -> dict[int, int]:
        """How many cases of each provider a collaborator sees: as many rows as there are providers."""
        whole = [c.provider_id for c in self.live if c.every_case]
        singly = {c.pk: c.provider_id for c in self.live if not c.every_case}
        found: dict[int, int] = defaultdict(int)
        for provider, *counts in ProviderCount.objects.filter(pk__in=whole).values_list("pk", *Status.values) if whole else []:
            found[provider] = sum(counts)
        rows = CollaborationCount.objects.filter(collaboration_id__in=singly).values_list("collaboration_id").annotate(n=Sum("count"))
        for collaboration_id, count in rows if singly else []:
            found[singly[collaboration_id]] += count
        return found

    def practices(self, provider: int | None = None, words: str = "") -> QuerySet[Practice]:
        """Practices by name: of every provider within reach or of one, whose name holds every word of `words`."""
        if self.is_collaborator:
            rows = Practice.objects.filter(provider_id__in=self.collaborations(provider).values("provider_id"))
        else:
            rows = Practice.objects.filter(provider_id=self.actor.provider_id or 0)
        for word in words.split():
            rows = rows.filter(name__icontains=word)
        return rows.order_by("name", "id")


# --- statements that are composed once ------------------------------------------------------------------------------

_ANYONE: Final = Anyone(Workspace.COLLABORATOR)


def _mine(one_provider: bool) -> QuerySet[Collaboration]:
    mine = Collaboration.objects.live(moment_of(_ANYONE)).filter(person_id=_ANYONE.user_id)
    return mine.filter(provider_id=Slot("one_provider")) if one_provider else mine


def _hiding() -> QuerySet[Collaboration]:
    return _mine(one_provider=False).filter(hides_identity=True).order_by()


def _standing_sums(one_provider: bool) -> Around:
    """What waits where this collaborator evaluates, then every status, over the providers who share every case."""
    mine = _mine(one_provider).filter(every_case=True).order_by().values_list("provider_id", "evaluates")
    sums = ", ".join(f'SUM(n."{status}")' for status in Status.values)
    waiting = f'SUM(CASE WHEN g."evaluates" THEN n."{Status.AWAITING_APPROVAL.value}" END)'
    table = ProviderCount._meta.db_table
    sql = f'SELECT {waiting}, {sums} FROM {{rows}} g JOIN "{table}" n ON n."provider_id" = g."provider_id"'  # noqa: S608 - names of ours
    return Around(sql, mine)


def _single_sums(one_provider: bool) -> QuerySet[Collaboration, Any]:
    """(status, cases, of them where this collaborator evaluates), over what is shared one by one."""
    rows = _mine(one_provider).filter(every_case=False, counts__count__gt=0).order_by().values("counts__status")
    own = Sum("counts__count", filter=Q(evaluates=True))
    return rows.annotate(n=Sum("counts__count"), own=own).values_list("counts__status", "n", "own")


def _marked(mine: QuerySet[Collaboration]) -> QuerySet[ReadyMark, Any]:
    """The cases whose awaiting version these collaborations hold ready: marks go when their version is decided."""
    return ReadyMark.objects.filter(collaboration_id__in=mine.values("pk")).values("case_id")


def _marks(one_provider: bool) -> QuerySet[Collaboration, Any]:
    """How many versions of visible cases this collaborator holds ready."""
    shared = Share.objects.filter(case_id=OuterRef("ready_marks__case_id"), collaboration_id=OuterRef("pk"), ended_at=None, gives=True)
    rows = _mine(one_provider).filter(Q(every_case=True) | Q(Probe(shared)), evaluates=True, ready_marks__isnull=False)
    return rows.order_by().values(together=Value(1)).annotate(n=Count("ready_marks")).values_list("n")


def _marks_aside(one_provider: bool) -> QuerySet[Case, Any]:
    """Of them, on cases that do not stand as awaiting: on hold, or showing a retainer begun meanwhile. An index holds these few."""
    mine = _mine(one_provider).filter(evaluates=True)
    aside = cases_for(_ANYONE).filter(awaiting_version__isnull=False).exclude(status=Status.AWAITING_APPROVAL)
    aside = aside.filter(Probe(ReadyMark.objects.filter(case_id=OuterRef("pk"), collaboration_id__in=mine.values("pk"))))
    return aside.order_by().values(together=Value(1)).annotate(n=Count("pk")).values_list("n")


def _planned_by(person: Slot) -> QuerySet[Order, Any]:
    rows = Order.objects.filter(planner_id=person, planner_workspace=Workspace.COLLABORATOR, status=Status.AWAITING_APPROVAL)
    return rows.order_by().values_list("case_id")


def who(actor: Actor) -> dict[str, Any]:
    """The reader and the moment, for a statement that is composed for `policies.Anyone`."""
    return {"person": actor.user_id, "provider": actor.provider_id or 0, "now": clock.now()}


def reach_of(actor: Actor) -> Reach:
    """The reader's reach at this moment."""
    return Reach(actor)


def unread_by_case(actor: Actor, case_ids: Iterable[int]) -> dict[int, int]:
    """Unread comments of each case for the reader; only cases with some."""
    found: dict[int, int] = {}
    for stretch in stretches(case_ids):
        found |= dict(prepared(("unread", len(stretch)), partial(_unread_of, len(stretch))).rows(ids=stretch, person=actor.user_id))
    return found


def _unread_of(size: int) -> QuerySet[CaseUnread, Any]:
    rows = CaseUnread.objects.filter(is_one_of("case_id", "ids", size), person_id=Slot("person"), count__gt=0)
    return rows.order_by().values_list("case_id", "count")
