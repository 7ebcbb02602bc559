"""What every step of the machine shares: the world, choosing among what is there, and asking after each act."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from midline.cases.tests.policy_machine.deeds import GRANTS, Deed, Terms, Verdict
from midline.cases.tests.policy_machine.questions import Questions
from midline.cases.tests.policy_machine.records import Case, Collaboration, Page, Person, Provider
from midline.cases.tests.policy_machine.world import TICK, Cast, Figures, World
from midline.collaboration import services as collaborating
from midline.collaboration.models import Collaboration as CollaborationRow
from midline.core.workspace import Workspace

T = TypeVar("T")
pick = st.integers(0, 1_000_000)
grants = st.sets(st.sampled_from(GRANTS)).map(frozenset)
# Of three collaborators one has a standing grant.
drawn_terms = st.tuples(
    grants, st.booleans(), st.booleans(), st.sampled_from([False, False, True]), st.sampled_from([None, None, None, 0, 1, 3])
)
# Mostly the one whose act it is; now and then somebody whose it is not.
by_whom = st.sampled_from(["owner"] * 9 + ["another"])


class Steps(RuleBasedStateMachine):
    """One run is one world, rolled back at its end. `cast` and `figures` are set by whoever runs it."""

    cast: Cast
    figures: Figures

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.world = World(self.cast, self.figures)
        self.oracle = self.world.oracle
        self.questions = Questions(self.world)
        self.pages: list[Page] = []
        self.asks = True
        self.figures.worlds += 1

    def teardown(self) -> None:
        try:
            if self.world.history:
                self.questions.everything()
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    # --- choosing among what is there ---

    def one(self, items: Sequence[T], index: int) -> T | None:
        return items[index % len(items)] if items else None

    def promising(self, items: Sequence[T], says: Callable[[T], Deed], index: int) -> T | None:
        """Mostly one on which the act is not refused, so that every act comes to be done; now and then any."""
        able = [item for item in items if says(item).verdict is not Verdict.REFUSED]
        return self.one(able if able and index % 5 else items, index // 5)

    def provider(self, index: int) -> Provider:
        return self.oracle.providers[index % len(self.oracle.providers)]

    def person(self, index: int) -> Person:
        return self.world.accounts[index % len(self.world.accounts)]

    def collaboration(self, index: int) -> Collaboration | None:
        """Mostly one that is open; those that have ended are tried too."""
        opened = [one for one in self.oracle.collaborations if one.state != "ended"]
        return self.one(self.oracle.collaborations if index % 7 == 0 or not opened else opened, index // 7)

    def owner(self, one: Collaboration | Case, whom: str) -> Person:
        if whom == "owner":
            return one.provider.person
        return next(p.person for p in self.oracle.providers if p is not one.provider)

    def cases_of(self, one: Collaboration, index: int) -> list[Case]:
        """Some of all cases, foreign ones among them."""
        return [case for n, case in enumerate(self.oracle.cases) if index >> n & 1]

    def terms(self, drawn: tuple[Any, ...], provider: Any) -> Terms:
        granted, evaluates, hides, every, ends_in = drawn
        today = (self.oracle.now + TICK).astimezone(ZoneInfo(provider.practices[0].zone)).date()
        return Terms(granted, evaluates, hides, every, today + timedelta(days=ends_in) if ends_in is not None else None)

    def collaborator_or_owner(self, case: Case, index: int) -> tuple[Person, Workspace]:
        """Who acts on a case: somebody who sees it, its provider, a technician; now and then anybody."""
        seeing = [(p, Workspace.COLLABORATOR) for p in self.world.accounts if self.oracle.through(p, case)]
        lab = [(p, Workspace.LAB) for p in self.world.accounts if p.technician]
        likely = [*seeing, *seeing, (case.provider.person, Workspace.PROVIDER), *lab]
        if index % 11 == 0:
            spaces = (Workspace.PROVIDER, Workspace.COLLABORATOR, Workspace.LAB)
            return self.person(index // 11), spaces[index // 11 % 3]
        return likely[index % len(likely)]

    def did(self, made: Any) -> Any:
        """After each act a batch of questions."""
        if self.asks:
            self.figures.steps += 1
            if any(one.state != "ended" and (self.oracle.over(one) or self.oracle.lapsed(one)) for one in self.oracle.collaborations):
                self.questions.batch(noticed=False)
                self.worker_comes_by()
            self.questions.batch()
        return made

    def worker_comes_by(self) -> None:
        """The portal looks at what has run out and puts it into words; access has ended before."""
        with self.world.at():
            for row in CollaborationRow.objects.exclude(state="ended").order_by("id"):
                collaborating.lapsed_end(collaboration=row)
        self.oracle.noticed()
        self.oracle.settle()
