"""Sharing against a plain model: random sequences of every act and of undo, compared after each step, counters included.

The model knows what each act wrote: shared one by one, every case, what is taken away on a case.
"""

from random import Random
from typing import Any
from uuid import UUID

import pytest

from midline.cases import services
from midline.cases.actions import Action
from midline.cases.models import Case, CollaborationCount, ProviderCount, Share, ShareBatch
from midline.cases.policies import cases_for
from midline.cases.tests.factories import case_in, collaborator_actor
from midline.collaboration.models import Collaboration, Grant
from midline.collaboration.tests.factories import EVERY_GRANT, CollaborationFactory
from midline.core.errors import NotAllowedNow

GRANTS = {Grant.DOWNLOAD: Action.DOWNLOAD_ORIGINALS, Grant.EDIT_RECORDS: Action.EDIT_RECORDS}


class Model:
    """Each cell is the list of what acts wrote into it, the last one counts; undoing an act takes out what it wrote."""

    def __init__(self, cases: list[int]) -> None:
        self.cases = cases
        self.cells: dict[tuple[Any, ...], list[tuple[UUID, Any]]] = {}

    def value(self, *cell: Any) -> Any:
        written = self.cells.get(cell)
        return written[-1][1] if written else None

    def write(self, act: UUID, value: Any, *cell: Any) -> None:
        if (self.value(*cell) or None) != (value or None):
            self.cells.setdefault(cell, []).append((act, value))

    def singly(self, who: int) -> set[int]:
        return {case for case in self.cases if self.value("case", who, case)}

    def sees(self, who: int) -> set[int]:
        return set(self.cases) if self.value("every", who) else self.singly(who)

    def may(self, who: int, grant: Grant) -> set[int]:
        return {case for case in self.sees(who) if grant not in (self.value("held", who, case) or ())}

    def give(self, who: int, cases: set[int], act: UUID) -> None:
        for case in cases:
            self.write(act, True, "case", who, case)

    def end(self, who: int, cases: set[int], act: UUID) -> None:
        """Ends single shares; what was taken away there goes with them."""
        for case in cases & self.singly(who):
            self.write(act, False, "case", who, case)
            self.write(act, None, "held", who, case)

    def undo(self, act: UUID) -> None:
        for written in self.cells.values():
            written[:] = [entry for entry in written if entry[0] != act]


class Walk:
    """The product and the model side by side."""

    def __init__(self, cast, seed: int) -> None:
        self.chance, self.by = Random(seed), cast.owner.actor
        paths = ("draft", "submitted", "awaiting_approval", "completed")
        cases = [cast.case.pk, *(case_in(cast.practice, path, technician=cast.technician.user).pk for path in paths)]
        Share.objects.all().delete()
        for earlier in Collaboration.objects.all():
            services.collaboration_recount(earlier)
        self.people = [CollaborationFactory(provider=cast.practice.provider, **EVERY_GRANT).pk for _ in range(2)]
        self.model = Model(cases)
        self.acts: list[ShareBatch] = []

    def some(self) -> set[int]:
        return set(self.chance.sample(self.model.cases, self.chance.randint(1, 3)))

    def step(self) -> str:
        name = self.chance.choice(["share", "unshare", "popover", "begin", "end", "to_single", "withhold", "withhold", "undo", "undo"])
        who = Collaboration.objects.get(pk=self.chance.choice(self.people))
        try:
            getattr(self, name)(who)
        except NotAllowedNow:
            return f"{name} refused"
        return name

    def share(self, who: Collaboration) -> None:
        cases = self.some()
        batch = services.cases_share(collaboration=who, cases=Case.objects.filter(pk__in=cases), by=self.by)
        assert batch.count == len(cases - self.model.singly(who.pk))
        self.model.give(who.pk, cases, batch.pk)
        self.acts.append(batch)

    def unshare(self, who: Collaboration) -> None:
        cases = self.some()
        batch = services.cases_unshare(collaboration=who, cases=Case.objects.filter(pk__in=cases), by=self.by)
        assert not self.model.value("every", who.pk), "a standing grant has no exceptions"
        self.model.end(who.pk, cases, batch.pk)
        self.acts.append(batch)

    def popover(self, _who: Collaboration) -> None:
        case = self.chance.choice(self.model.cases)
        wanted = {pk for pk in self.people if self.chance.random() < 0.5}
        batch = services.case_shares_set(case=Case.objects.get(pk=case), wanted=wanted, by=self.by)
        for pk in self.people:
            if self.model.value("every", pk):
                continue
            if pk in wanted:
                self.model.give(pk, {case}, batch.pk)
            else:
                self.model.end(pk, {case}, batch.pk)
        self.acts.append(batch)

    def begin(self, who: Collaboration) -> None:
        self._standing(services.standing_grant_begin(collaboration=who, by=self.by), who.pk, True)

    def end(self, who: Collaboration) -> None:
        self._standing(services.standing_grant_end(collaboration=who, by=self.by), who.pk, False)

    def _standing(self, batch: ShareBatch, pk: int, now: bool) -> None:
        self.acts.append(batch)
        self.model.write(batch.pk, now, "every", pk)

    def to_single(self, who: Collaboration) -> None:
        case = self.chance.choice(self.model.cases)
        batch = services.standing_grant_to_single(collaboration=who, except_case=Case.objects.get(pk=case), by=self.by)
        self.acts.append(batch)
        self.model.write(batch.pk, False, "every", who.pk)
        self.model.end(who.pk, {case}, batch.pk)
        self.model.give(who.pk, set(self.model.cases) - {case}, batch.pk)

    def withhold(self, who: Collaboration) -> None:
        case, held = self.chance.choice(self.model.cases), set(self.chance.sample(list(GRANTS), self.chance.randint(0, 2)))
        batch = services.share_withhold(case=Case.objects.get(pk=case), collaboration=who, withheld=held, by=self.by)
        assert case in self.model.sees(who.pk)
        self.model.write(batch.pk, held, "held", who.pk, case)
        self.acts.append(batch)

    def undo(self, _who: Collaboration) -> None:
        if not self.acts:
            return
        batch = self.acts.pop(self.chance.choice([-1, -1, self.chance.randrange(len(self.acts))]))
        services.shares_undo(batch_id=batch.pk, by=self.by)
        self.model.undo(batch.pk)


def counters() -> list[object]:
    rows = CollaborationCount.objects.order_by("collaboration_id", "status")
    return [*rows.values_list("collaboration_id", "status", "count"), *ProviderCount.objects.order_by("pk").values_list()]


@pytest.mark.parametrize("seed", range(6))
def test_any_sequence_of_sharing_and_undo_gives_what_the_plain_model_gives(cast, seed):
    walk = Walk(cast, seed)
    done = []
    for _step in range(50):
        done.append(walk.step())
        for pk in walk.people:
            actor = collaborator_actor(Collaboration.objects.get(pk=pk))
            assert set(cases_for(actor).values_list("pk", flat=True)) == walk.model.sees(pk), done
            for grant, action in GRANTS.items():
                assert set(cases_for(actor, action).values_list("pk", flat=True)) == walk.model.may(pk, grant), (grant, done)
    kept = counters()
    for collaboration in Collaboration.objects.all():
        services.collaboration_recount(collaboration)
    services.provider_recount(cast.practice.provider_id)
    assert counters() == kept, "a recount finds no drift"
    assert "undo" in done
