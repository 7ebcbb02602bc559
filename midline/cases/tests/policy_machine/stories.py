"""What every world lives through before chance takes over: each kind of act is done at least once, and asked about where it matters.

Left to chance alone, some acts never succeeded: nobody registered by an invitation, no case came to its end, nobody undid in time. The
order of the stories and who is in them are drawn; whatever a story needs it brings about itself.
"""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize

from midline.cases.tests.policy_machine.deeds import GRANTS, Terms
from midline.cases.tests.policy_machine.machine import PolicyMachine
from midline.cases.tests.policy_machine.orders import ARROWS
from midline.cases.tests.policy_machine.records import Case, Collaboration, Person, Provider
from midline.cases.tests.policy_machine.steps import drawn_terms, pick
from midline.core.workspace import Workspace

EVERY_GRANT = frozenset(GRANTS)
# Every kind of act, by the name under which figures.deeds counts it.
ACTS = (
    "invite", "resend", "accept", "complete registration", "decline", "withdraw", "revoke", "leave", "change", "undo", "share",
    "unshare", "popover", "every case", "end of every case", "every but one", "take away", "begin a case", "begin an order", *ARROWS,
    "ask for records", "answer with a record", "discard", "move to a practice", "ready: mark", "ready: take back", "ready: push back",
)  # fmt: skip
STORIES = (
    "registers", "answers_no", "is_taken_back", "comes_back", "planner_goes", "shares_and_undoes", "every_case_and_back",
    "every_case_but_one", "permissions_and_undo", "last_day", "drafts", "whole_treatment",
)  # fmt: skip


class Stories(PolicyMachine):
    """`told` is how many of the stories a world begins with: few worlds live through all, of many worlds each lives through some."""

    told = len(STORIES)

    @initialize(
        colleagues=st.lists(st.tuples(pick, drawn_terms), min_size=3, max_size=4),
        begun=st.lists(st.tuples(st.sampled_from(["aligner", "aligner", "retainer"]), st.integers(0, 3), pick), min_size=3, max_size=3),
        stories=st.permutations(STORIES),
        who=pick,
    )
    def it_begins(self, colleagues: list[tuple[int, Any]], begun: list[tuple[str, int, int]], stories: list[str], who: int) -> None:
        """Colleagues of both providers who have accepted, cases that stand somewhere in the life cycle, and the stories."""
        self.asks = False
        for n, (index, terms) in enumerate(colleagues):
            others = [p for p in self.world.accounts if p is not self.provider(n // 2).person]
            self.invite(n // 2, self.oracle.people.index(others[index % len(others)]), terms)
            self._accept(self._page(self.oracle.invitations[-1]), self.oracle.invitations[-1].bound or self.person(0))
        for n, (kind, steps, whose) in enumerate(begun):
            provider = self.provider(n // 2)
            self.begin_case_as(provider.person, Workspace.PROVIDER, provider.practices[n % 2], kind)
            self.share_or_stop(7 * whose + 1, 1 << n, "owner", "share")
            self.walk(n, whose, steps)
        self._ask()
        for n, story in enumerate(stories[: self.told]):
            getattr(self, f"_{story}")(self.provider(who + n), who // (n + 1))
        self.asks = True
        self.did(None)

    def _ask(self) -> None:
        """A batch of questions, and every action on the newest cases: the story's own are among them."""
        self.asks = True
        self.did(None)
        self.asks = False
        with self.world.at():
            for case in self.oracle.cases[-4:]:
                self.questions.actions_on(case)

    # --- whom and what a story needs ---

    def _invited(self, host: Provider, index: int, terms: Terms, person: Person | None = None) -> Collaboration:
        """Somebody with an account whom this provider works with no longer, or not yet, and who has a fresh invitation."""
        guests = [p for p in self.world.accounts if p is not host.person and self.oracle.open_with(host, p.address) is None]
        guest = person or self.one(guests, index)
        if guest is None:  # they work with everybody: one of them goes
            going = next(o for o in self.oracle.collaborations if o.provider is host and self.oracle.open(o))
            guest = going.person or host.person
            self._end(going, "revoke")
        self._invite(host, guest, terms)
        return self.oracle.collaborations[-1]

    def _accepted(self, host: Provider, index: int, terms: Terms, person: Person | None = None) -> Collaboration:
        one = self._invited(host, index, terms, person)
        assert one.invitation
        assert one.person
        self._accept(self._page(one.invitation), one.person)
        return one

    def _case(self, host: Provider, kind: str = "aligner", *events: str) -> Case:
        """A new case, led through `events` by its provider and the lab."""
        self.begin_case_as(host.person, Workspace.PROVIDER, host.practices[0], kind)
        case = self.oracle.cases[-1]
        for event in events:
            self._led(case, event)
        return case

    def _led(self, case: Case, event: str, n: int = 0) -> None:
        self._move(case, case.current, event, *self.able(case, case.current, event)[n])

    def _settled(self, *grants: str, every: bool = False, hides: bool = False) -> Terms:
        return Terms(frozenset(grants), evaluates=True, hides=hides, every=every, ends_on=None)

    # --- the stories ---

    def _registers(self, host: Provider, index: int) -> None:
        """Complete registration: nothing is visible before, everything that was granted after."""
        guest = next(p for p in self.oracle.people if not p.account)
        self._invite(host, guest, self._settled("download", every=True))
        one = self.oracle.collaborations[-1]
        self._resend(one, host.person)
        self._ask()
        assert one.invitation
        self._register(self._page(one.invitation), guest)
        self._ask()

    def _answers_no(self, host: Provider, index: int) -> None:
        one = self._invited(host, index, self._settled(every=True))
        assert one.invitation
        assert one.person
        self._decline(one.invitation, one.person)
        self._ask()

    def _is_taken_back(self, host: Provider, index: int) -> None:
        one = self._invited(host, index, self._settled(every=True))
        self._end(one, "withdraw")
        assert one.invitation
        assert one.person
        self._accept(self._page(one.invitation), one.person)
        self._ask()

    def _comes_back(self, host: Provider, index: int) -> None:
        """Who left is invited again: nothing of the old collaboration wakes, and nothing of the new one is visible before they accept."""
        one = self._accepted(host, index, self._settled(*EVERY_GRANT, every=True))
        self._end(one, "leave")
        self._ask()
        again = self._invited(host, index, self._settled(every=True), one.person)
        self._ask()
        assert again.invitation
        assert again.person
        self._accept(self._page(again.invitation), again.person)
        self._ask()

    def _planner_goes(self, host: Provider, index: int) -> None:
        """ "An order they had taken returns to the queue"; another one they hand over themselves."""
        one = self._accepted(host, index, self._settled("publish_setups", every=True, hides=True))
        planner = (one.person or host.person, Workspace.COLLABORATOR)
        taken = [self._case(host, "aligner", "submit") for _n in range(2)]
        for case in taken:
            self._move(case, case.current, "take", *planner)
        self._move(taken[0], taken[0].current, "hand_over", *planner)
        self._ask()
        self._end(one, "revoke")
        self._ask()

    def _shares_and_undoes(self, host: Provider, index: int) -> None:
        """A case that was taken away stays away when another share is undone; what is undone is undone wholly."""
        one = self._accepted(host, index, self._settled("download", "add_orders"))
        cases = [self._case(host), self._case(host, "retainer")]
        self._share_or_stop(one, cases[:1], "share")
        self._share_or_stop(one, cases[:1], "unshare")
        self._share_or_stop(one, cases[1:], "share")
        self._undo(self.world.acts[-1], host.person)
        self._ask()
        self._share_or_stop(one, cases, "share")
        self._undo(self.world.acts[-1], host.person)
        self._popover(cases[0], [o for o in self.oracle.beside(cases[0]) if not o.value("every")] + [one], host.person)
        self._take_away(one, cases[0], frozenset({"download"}), host.person)
        self._ask()

    def _every_case_and_back(self, host: Provider, index: int) -> None:
        """ "When it ends, shares made one by one stay"."""
        one = self._accepted(host, index, self._settled("download"))
        kept = self._case(host)
        self._share_or_stop(one, [kept], "share")
        self._standing_grant(one, "begin")
        self._take_away(one, kept, frozenset({"download"}), host.person)
        self._ask()
        self._standing_grant(one, "end")
        self._ask()

    def _every_case_but_one(self, host: Provider, index: int) -> None:
        one = self._accepted(host, index, self._settled("download", every=True, hides=True))
        but = self._case(host)
        self._standing_grant(one, "but", but)
        self._ask()
        self._undo(self.world.acts[-1], host.person)
        self._ask()

    def _permissions_and_undo(self, host: Provider, index: int) -> None:
        one = self._accepted(host, index, self._settled("download", every=True))
        self._change(one, host.person, self._settled("add_orders", "decline_setups", every=True, hides=True))
        self._ask()
        self._undo(self.world.acts[-1], host.person)
        self._ask()

    def _last_day(self, host: Provider, index: int) -> None:
        """Access lasts through the end date where the provider's first practice is, and not a second longer."""
        one = self._accepted(host, index, self.terms((EVERY_GRANT, True, False, True, 0), host))
        until = self.oracle.until(one)
        assert until
        self._wait_until(until - timedelta(seconds=1))
        self._ask()
        self._wait_until(until)
        self._ask()

    def _drafts(self, host: Provider, index: int) -> None:
        """A collaborator's draft belongs to both; one case moves to another practice, one is dropped."""
        one = self._accepted(host, index, self._settled("add_orders"))
        assert one.person
        self.begin_case_as(one.person, Workspace.COLLABORATOR, host.practices[0], "aligner")
        draft = self.oracle.cases[-1]
        self._move_to_practice(draft, host.practices[1], host.person, Workspace.PROVIDER)
        self._ask()
        self._discard(draft, draft.current, one.person, Workspace.COLLABORATOR)
        self._ask()

    def _whole_treatment(self, host: Provider, index: int) -> None:
        """From the draft to the last day of treatment, with everything that may come between."""
        one = self._accepted(host, index, self._settled("edit_records", every=True))
        case = self._case(host, "aligner", "submit", "take")
        lab = next(p for p in self.world.accounts if p.technician)
        self._ask_for(case, {"profile"}, lab, Workspace.LAB)
        self._answer(case, "profile", one.person or host.person, Workspace.COLLABORATOR)
        self._led(case, "publish")
        for how in ("mark", "take back", "mark", "push back", "mark"):
            person, workspace = (host.person, Workspace.PROVIDER) if how == "push back" else (one.person, Workspace.COLLABORATOR)
            self._ready(case, case.newest, how, person or host.person, workspace)
        self._ask()
        for event in ("send_changes", "publish", "hold", "resume", "approve", "start_manufacturing", "ship", "receive"):
            self._led(case, event)
        self._ask()
        self._led(case, "complete")
        self._begin_order(case, "revision", host.person, Workspace.PROVIDER)
        self._led(case, "submit")
        self._led(case, "cancel")
        self._ask()
