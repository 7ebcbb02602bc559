"""The machine: people act as they would, in an order that Hypothesis draws; after each act a batch of questions is asked."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import rule

from midline.cases import services
from midline.cases.models import CaseType, RecordNeed
from midline.cases.services.practices import case_practice_set
from midline.cases.tests.policy_machine.orders import ARROWS
from midline.cases.tests.policy_machine.records import Case, Order, Person, Practice
from midline.cases.tests.policy_machine.sharing import Sharing
from midline.cases.tests.policy_machine.steps import pick
from midline.cases.tests.policy_machine.world import names
from midline.core.workspace import Workspace

SPANS = {
    "six seconds": timedelta(seconds=6), "two minutes": timedelta(minutes=2), "nine hours": timedelta(hours=9), "a day": timedelta(days=1),
    "thirteen days": timedelta(days=13), "to the last second of an end date": None, "to the first second after an end date": None,
}  # fmt: skip
# What happens to orders in life, weighted so that versions come to be evaluated.
EVENTS = (*ARROWS, "submit", "take", "publish", "publish", "send_changes", "take")


class PolicyMachine(Sharing):
    """The acts on cases and orders, and time. `stories` says how a world begins."""

    # --- cases and orders ---

    def begin_case_as(self, person: Person, workspace: str, practice: Any, kind: str) -> None:
        actor = self.world.actor(person, workspace)
        made = self.world.do(
            "begin a case",
            f"{person} as {workspace} begins a case ({kind}) in {practice}",
            self.oracle.begin_case(person, workspace, practice, kind),
            lambda: services.case_begin(practice=self.world.practice_row(practice), kind=CaseType(kind), by=actor, key=uuid4()),
        )
        self.world.numbered(made)
        self.did(made)

    @rule(who=pick, practice=pick, kind=st.sampled_from(["aligner", "aligner", "retainer"]))
    def begin_case(self, who: int, practice: int, kind: str) -> None:
        practices = [p for provider in self.oracle.providers for p in provider.practices]
        chosen = practices[practice % len(practices)]
        provider = next(p for p in self.oracle.providers if chosen in p.practices)
        able = [p for p in self.world.accounts if provider in self.oracle.may_begin_for(p, Workspace.COLLABORATOR)]
        if len(self.oracle.cases) < 5:
            if who % 3 == 0:
                self.begin_case_as(provider.person, Workspace.PROVIDER, chosen, kind)
            else:
                self.begin_case_as(self.one(able, who) if able and who % 4 else self.person(who), Workspace.COLLABORATOR, chosen, kind)  # type: ignore[arg-type]

    @rule(case=pick, who=pick, kind=st.sampled_from(["revision", "retainer", "replacement"]))
    def begin_order(self, case: int, who: int, kind: str) -> None:
        if chosen := self.one(self.oracle.cases, case):
            self._begin_order(chosen, kind, *self.collaborator_or_owner(chosen, who))

    def _begin_order(self, chosen: Case, kind: str, person: Person, workspace: Workspace) -> None:
        made = self.world.do(
            "begin an order",
            f"{person} as {workspace} begins a {kind} on {chosen}",
            self.oracle.begin_order(person, workspace, chosen, kind),
            lambda: services.order_begin(
                case=self.world.case_row(chosen), kind=CaseType(kind), by=self.world.actor(person, workspace), key=uuid4()
            ),
        )
        if made:
            self.world.remember(made[1], made[0].pk)
        self.did(made)

    def _order(self, case: Case, index: int) -> Order:
        return case.current if index % 4 else case.orders[index // 4 % len(case.orders)]

    @rule(case=pick, who=pick, order=pick, event=st.sampled_from(EVENTS))
    def move(self, case: int, who: int, order: int, event: str) -> None:
        if chosen := self.one(self.oracle.cases, case):
            which = self._order(chosen, order)
            able = self.able(chosen, which, event) if who % 4 else []
            self._move(chosen, which, event, *(self.one(able, who // 4) or self.collaborator_or_owner(chosen, who)))

    def able(self, case: Case, order: Order, event: str) -> list[tuple[Person, Workspace]]:
        """Who may lead the order on, those who see the case as collaborators first."""
        seeing = [(p, Workspace.COLLABORATOR) for p in self.world.accounts if self.oracle.through(p, case)]
        lab = [(p, Workspace.LAB) for p in self.world.accounts if p.technician]
        able = [*seeing, (case.provider.person, Workspace.PROVIDER), *lab]
        return [w for w in able if self.oracle.move(*w, case, order, event).verdict.name == "DONE"]

    @rule(case=pick, who=pick, steps=st.integers(1, 4))
    def walk(self, case: int, who: int, steps: int) -> None:
        """The next steps of the life cycle, each by somebody who may: so that versions come to be decided on."""
        chosen = self.one(self.oracle.cases, case)
        ahead = {"draft": "submit", "submitted": "take", "in_production": "publish", "approved": "start_manufacturing"}
        for n in range(steps):
            order = chosen.current if chosen else None
            if chosen is None or order is None or order.state not in ahead:
                return
            event = ahead[order.state] if order.uses_setups or order.state != "submitted" else "start_manufacturing"
            able = self.able(chosen, order, event)
            if not able:
                return
            self._move(chosen, order, event, *able[(who + n) % len(able)])

    def _move(self, case: Case, order: Order, event: str, person: Person, workspace: str) -> None:
        data: dict[str, Any] = {"version": case.newest + 1} if event == "publish" else {}
        made = self.world.do(
            event,
            f"{person} as {workspace}: {event} {order} of {case}",
            self.oracle.move(person, workspace, case, order, event),
            lambda: services.order_move(order=self.world.order_row(order), event=event, by=self.world.actor(person, workspace), **data),
        )
        self.did(made)

    @rule(case=pick, who=pick, slots=st.sets(st.sampled_from(["upper_scan", "profile"]), min_size=1))
    def ask_records(self, case: int, who: int, slots: set[str]) -> None:
        if chosen := self.one(self.oracle.cases, case):
            self._ask_for(chosen, slots, *self.collaborator_or_owner(chosen, who))

    def _ask_for(self, chosen: Case, slots: set[str], person: Person, workspace: Workspace) -> None:
        order = chosen.current
        made = self.world.do(
            "ask for records",
            f"{person} as {workspace} asks for {names(sorted(slots))} of {chosen}",
            self.oracle.ask_records(person, workspace, chosen, order, slots),
            lambda: services.records_ask(
                order=self.world.order_row(order), by=self.world.actor(person, workspace),
                asks=[services.Ask(slot, RecordNeed.Kind.MISSING, "It ends at 36.") for slot in sorted(slots)],
            ),
        )  # fmt: skip
        self.did(made)

    @rule(case=pick, who=pick, slot=st.sampled_from(["upper_scan", "profile"]))
    def answer(self, case: int, who: int, slot: str) -> None:
        needing = [c for c in self.oracle.cases if c.current.asked]
        if chosen := self.one(needing, case):
            self._answer(chosen, slot, *self.collaborator_or_owner(chosen, who))

    def _answer(self, chosen: Case, slot: str, person: Person, workspace: Workspace) -> None:
        order = chosen.current
        made = self.world.do(
            "answer with a record",
            f"{person} as {workspace} adds {slot} to {chosen}",
            self.oracle.answer(person, workspace, chosen, order, slot),
            lambda: services.need_answer(order=self.world.order_row(order), slot=slot, by=self.world.actor(person, workspace)),
        )
        self.did(made)

    @rule(case=pick, who=pick, order=pick)
    def discard(self, case: int, who: int, order: int) -> None:
        """Mostly drafts: of what is further, nothing can be discarded."""
        drafts = [c for c in self.oracle.cases if c.current.state == "draft"]
        if chosen := self.one(drafts if drafts and case % 4 else self.oracle.cases, case // 4):
            self._discard(chosen, self._order(chosen, order), *self.collaborator_or_owner(chosen, who))

    def _discard(self, chosen: Case, which: Order, person: Person, workspace: Workspace) -> None:
        made = self.world.do(
            "discard",
            f"{person} as {workspace} discards {which} of {chosen}",
            self.oracle.discard(person, workspace, chosen, which),
            lambda: services.draft_discard(order=self.world.order_row(which), by=self.world.actor(person, workspace)),
        )
        self.did(made)

    @rule(case=pick, who=pick, practice=pick)
    def move_to_another_practice(self, case: int, who: int, practice: int) -> None:
        if chosen := self.one(self.oracle.cases, case):
            person, workspace = self.collaborator_or_owner(chosen, who)
            practices = [p for provider in self.oracle.providers for p in provider.practices]
            target = practices[practice % len(practices)] if practice % 5 == 0 else chosen.provider.practices[practice % 2]
            self._move_to_practice(chosen, target, person, workspace)

    def _move_to_practice(self, chosen: Case, target: Practice, person: Person, workspace: Workspace) -> None:
        made = self.world.do(
            "move to a practice",
            f"{person} as {workspace} moves {chosen} to {target}",
            self.oracle.move_practice(person, workspace, chosen, target),
            lambda: case_practice_set(
                case=self.world.case_row(chosen), practice_id=self.world.practice_row(target).pk, by=self.world.actor(person, workspace)
            ),
        )
        self.did(made)

    @rule(case=pick, who=pick, how=st.sampled_from(["mark", "mark", "mark", "take back", "push back"]), older=st.booleans())
    def ready(self, case: int, who: int, how: str, older: bool) -> None:
        waiting = [c for c in self.oracle.cases if c.newest]
        if not (chosen := self.one(waiting, case)):
            return
        person, workspace = self.collaborator_or_owner(chosen, who)
        if how == "push back" and who % 5:
            person, workspace = chosen.provider.person, Workspace.PROVIDER
        elif how != "push back" and workspace is not Workspace.COLLABORATOR:
            workspace = Workspace.COLLABORATOR
        version = max(1, chosen.newest - (older and who % 3 == 0))
        self._ready(chosen, version, how, person, workspace)

    def _ready(self, chosen: Case, version: int, how: str, person: Person, workspace: Workspace) -> None:
        row, by = self.world.case_row(chosen), self.world.actor(person, workspace)
        deed = {"mark": self.oracle.mark, "take back": self.oracle.take_mark_back, "push back": self.oracle.push_back}[how]
        act: dict[str, Callable[[], Any]] = {
            "mark": lambda: services.ready_mark(case=row, version=version, by=by),
            "take back": lambda: services.ready_take_back(case=row, version=version, by=by),
            "push back": lambda: services.ready_push_back(case=row, version=version, by=by, reason="Check 21 again."),
        }
        words = f"{person} as {workspace}: {how} version {version} of {chosen}"
        self.did(self.world.do(f"ready: {how}", words, deed(person, workspace, chosen, version), act[how]))

    # --- time ---

    @rule(span=st.sampled_from(sorted(SPANS)), index=pick)
    def time_passes(self, span: str, index: int) -> None:
        """An end date ends access by itself, before anybody looks."""
        step = SPANS[span]
        if step is None:
            ends = [until for one in self.oracle.collaborations if one.state == "active" and (until := self.oracle.until(one))]
            until = self.one([u for u in ends if u > self.oracle.now + timedelta(seconds=2)], index)
            if until is None:
                return
            step = until - self.oracle.now - timedelta(seconds="last second" in span)
        self._wait(step, span)

    def _wait_until(self, moment: datetime) -> None:
        if moment > self.oracle.now:
            self._wait(moment - self.oracle.now, f"until {moment:%Y-%m-%d %H:%M:%S %Z}")

    def _wait(self, step: timedelta, span: str) -> None:
        self.oracle.now += step
        self.world.history.append(f"time passes: {span}")
        self.figures.met_with(f"time: {span if span in SPANS else 'of a story'}")
        self.did(None)
