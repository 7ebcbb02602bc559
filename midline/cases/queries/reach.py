"""How far a reader reaches: what tabs count, from the counters, and a collaborator's live collaborations where a page lists them.

A page of a list reads sums alone: it costs the same for two providers and for two thousand.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import F, Q, QuerySet, Sum

from midline.cases.models import Case, CaseUnread, CollaborationCount, Group, Order, ProviderCount, ReadyMark, Status
from midline.cases.policies import cases_for
from midline.cases.queries.conditions import statuses_of
from midline.collaboration.models import Collaboration
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
        return self.is_collaborator and self.collaborations().filter(hides_identity=True).exists()

    @property
    def hidden(self) -> QuerySet[Collaboration, int]:
        """Providers who hide their patients' identity from this reader, as a subquery: there may be thousands."""
        return self.collaborations().filter(hides_identity=True).values_list("provider_id", flat=True)

    # --- counters ---------------------------------------------------------------------------------------------------

    def counts(self, provider: int | None = None) -> Counts:
        """From the counters, in three statements at most, whatever the number of cases and of providers."""
        if provider not in self._counts:
            self._counts[provider] = self._collaborators_counts(provider) if self.is_collaborator else self._own_counts()
        return self._counts[provider]

    def _own_counts(self) -> Counts:
        row = ProviderCount.objects.filter(pk=self.actor.provider_id or 0).values(*Status.values).first()
        return Counts(dict(row) if row else dict.fromkeys(Status.values, 0), 0)

    def _collaborators_counts(self, provider: int | None) -> Counts:
        mine = self.collaborations(provider)
        evaluating = mine.filter(evaluates=True)
        whole = ProviderCount.objects.filter(pk__in=mine.filter(every_case=True).values("provider_id"))
        waiting = Sum(Status.AWAITING_APPROVAL.value, filter=Q(pk__in=evaluating.values("provider_id")))
        sums = whole.aggregate(waiting=waiting, **{f"n_{status}": Sum(status) for status in Status.values})
        found = {status: sums[f"n_{status}"] or 0 for status in Status.values}
        singly = CollaborationCount.objects.filter(collaboration_id__in=mine.filter(every_case=False).values("pk"))
        rows = singly.values_list("status").annotate(n=Sum("count"), own=Sum("count", filter=Q(collaboration__evaluates=True)))
        evaluate = sums["waiting"] or 0
        for status, count, own in rows:
            found[status] += count
            evaluate += own or 0 if status == Status.AWAITING_APPROVAL else 0
        return Counts(found, evaluate and evaluate - self._settled(evaluating))

    def _settled(self, evaluating: QuerySet[Collaboration]) -> int:
        """Awaiting cases that this collaborator holds ready, or planned: as many rows as there are such marks."""
        awaiting = cases_for(self.actor).filter(status=Status.AWAITING_APPROVAL, provider_id__in=evaluating.values("provider_id"))
        marks = ReadyMark.objects.filter(collaboration_id__in=evaluating.values("pk"), version=F("case__awaiting_version"))
        settled = awaiting.filter(pk__in=marks.values("case_id")).count()
        planned = Order.objects.filter(
            planner_id=self.actor.user_id, planner_workspace=Workspace.COLLABORATOR, status=Status.AWAITING_APPROVAL
        )
        if planned_ids := list(planned.values_list("case_id", flat=True)):
            settled += awaiting.filter(pk__in=planned_ids).exclude(pk__in=marks.values("case_id")).count()
        return settled

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


def reach_of(actor: Actor) -> Reach:
    """The reader's reach at this moment."""
    return Reach(actor)


def unread_by_case(actor: Actor, cases: list[Case]) -> dict[int, int]:
    """Unread comments of each case for the reader; only cases with some."""
    rows = CaseUnread.objects.filter(person_id=actor.user_id, case_id__in=[case.pk for case in cases], count__gt=0)
    return dict(rows.values_list("case_id", "count"))
