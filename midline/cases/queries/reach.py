"""How far a reader reaches: a collaborator's live collaborations, read once a request, and what tabs count from the counters."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from django.db.models import QuerySet

from midline.cases.models import Case, CaseUnread, CollaborationCount, Group, Order, ProviderCount, ReadyMark, Status
from midline.cases.policies import cases_for
from midline.cases.queries.conditions import statuses_of
from midline.collaboration.models import Collaboration
from midline.core.workspace import Workspace
from midline.people.policies import Actor
from midline.practices.models import Practice


@dataclass(frozen=True)
class Reach:
    """The reader, and for a collaborator the live collaborations with their providers, by name."""

    actor: Actor
    live: tuple[Collaboration, ...] = ()

    @property
    def is_collaborator(self) -> bool:
        return self.actor.workspace is Workspace.COLLABORATOR

    @cached_property
    def hidden(self) -> frozenset[int]:
        """Providers who hide their patients' identity from this reader."""
        return frozenset(c.provider_id for c in self.live if c.hides_identity)

    @cached_property
    def by_status(self) -> dict[int, dict[str, int]]:
        """Visible cases by provider and status, from the counters: two queries, whatever the number of cases."""
        found: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(Status.values, 0))
        if self.is_collaborator:
            whole = [c.provider_id for c in self.live if c.every_case]
            singly = {c.pk: c.provider_id for c in self.live if not c.every_case}
        else:
            whole, singly = [self.actor.provider_id or 0], {}
        for provider, *counts in ProviderCount.objects.filter(pk__in=whole).values_list("pk", *Status.values) if whole else []:
            found[provider] = dict(zip(Status.values, counts, strict=True))
        rows = CollaborationCount.objects.filter(collaboration_id__in=singly).values_list("collaboration_id", "status", "count")
        for collaboration_id, status, count in rows if singly else []:
            found[singly[collaboration_id]][status] += count
        return found

    def count(self, statuses: list[str], provider: int | None = None) -> int:
        """How many visible cases stand in `statuses`, with every provider or one."""
        rows = self.by_status.values() if provider is None else [self.by_status.get(provider, {})]
        return sum(row.get(status, 0) for row in rows for status in statuses)

    def to_evaluate_count(self, provider: int | None = None) -> int:
        """What waits for this collaborator: the counter of "awaiting approval", less what they hold ready or planned themselves."""
        evaluating = {c.provider_id for c in self.live if c.evaluates}
        chosen = evaluating if provider is None else evaluating & {provider}
        waiting = sum(self.by_status[p][Status.AWAITING_APPROVAL] for p in chosen if p in self.by_status)
        return waiting and waiting - self._settled(chosen)

    def _settled(self, providers: set[int]) -> int:
        """Awaiting cases that this collaborator holds ready, or planned: as many rows as there are such marks."""
        mine = {c.provider_id: c.pk for c in self.live}
        marks = ReadyMark.objects.filter(collaboration_id__in=mine.values(), case__status=Status.AWAITING_APPROVAL)
        ready = {
            case_id
            for case_id, version, awaiting in marks.values_list("case_id", "version", "case__awaiting_version")
            if version == awaiting
        }
        planned = Order.objects.filter(
            planner_id=self.actor.user_id, planner_workspace=Workspace.COLLABORATOR, status=Status.AWAITING_APPROVAL
        )
        settled = ready | set(planned.values_list("case_id", flat=True))
        rows = cases_for(self.actor).filter(pk__in=settled, status=Status.AWAITING_APPROVAL, provider_id__in=providers)
        return rows.count() if settled else 0

    def tab_counts(self, provider: int | None = None) -> dict[str, int]:
        """By tab ("" is all). A collaborator's In Progress is what is open and not theirs to evaluate."""
        progress, closed = self.count(statuses_of(Group.PROGRESS), provider), self.count(statuses_of(Group.CLOSED), provider)
        action = self.count(statuses_of(Group.ACTION), provider)
        counts = {"": action + progress + closed, "closed": closed, "open": action + progress}
        if self.is_collaborator:
            evaluate = self.to_evaluate_count(provider)
            return {**counts, "evaluate": evaluate, "progress": action + progress - evaluate}
        return {**counts, "action": action, "progress": progress}

    @cached_property
    def provider_counts(self) -> dict[int, int]:
        """How many cases of each provider are visible."""
        return {provider: sum(row.values()) for provider, row in self.by_status.items()}

    def practices(self, provider: int | None = None, words: str = "") -> QuerySet[Practice]:
        """Practices by name: of every provider within reach or of one, whose name holds every word of `words`."""
        mine = [c.provider_id for c in self.live] if self.is_collaborator else [self.actor.provider_id or 0]
        rows = Practice.objects.filter(provider_id__in=[pk for pk in mine if provider in {None, pk}]).order_by("name", "id")
        for word in words.split():
            rows = rows.filter(name__icontains=word)
        return rows


def reach_of(actor: Actor) -> Reach:
    """The reader's reach at this moment; one query for a collaborator, none for the others."""
    if actor.workspace is not Workspace.COLLABORATOR:
        return Reach(actor)
    mine = Collaboration.objects.live().filter(person_id=actor.user_id).select_related("provider__person")
    return Reach(actor, tuple(sorted(mine, key=lambda c: (c.provider.name.casefold(), c.pk))))


def unread_by_case(actor: Actor, cases: list[Case]) -> dict[int, int]:
    """Unread comments of each case for the reader; only cases with some."""
    rows = CaseUnread.objects.filter(person_id=actor.user_id, case_id__in=[case.pk for case in cases], count__gt=0)
    return dict(rows.values_list("case_id", "count"))
