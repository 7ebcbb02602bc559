"""What the acts between a provider and collaborators do, and when they are refused: from "Adding a collaborator" and "Sharing"."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

from midline.cases.tests.policy_machine.oracle import Oracle
from midline.cases.tests.policy_machine.records import Act, Case, Collaboration, Invitation, Page, Person, Provider, days
from midline.core.workspace import Workspace


class Verdict(Enum):
    DONE = "done"
    REFUSED = "refused"
    EITHER = "done or refused"


@dataclass
class Deed:
    """What must become of an act, why, and what it changes when it is done."""

    verdict: Verdict
    because: str
    apply: Callable[[], Any] = lambda: None


@dataclass(frozen=True)
class Terms:
    """What a provider settles with a collaborator."""

    grants: frozenset[str]
    evaluates: bool
    hides: bool
    every: bool
    ends_on: date | None


def verdict(*conditions: tuple[bool, str]) -> tuple[Verdict, str]:
    """REFUSED with the first reason that is not met."""
    for met, because in conditions:
        if not met:
            return Verdict.REFUSED, because
    return Verdict.DONE, "nothing is against it"


GRANTS = ("add_orders", "decline_setups", "edit_records", "download", "publish_setups")
# "Shares and permissions can be undone for 8 seconds": until then it must work. Who is slow is served for a minute, then nobody.
UNDO_FOR = 8
UNDO_NEVER_AFTER = 60


class Deeds(Oracle):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.invitations: list[Invitation] = []

    def settle(self) -> None:
        """ "What goes: an order they had taken returns to the queue". The same holds for whoever may not publish there any more."""
        for case in self.cases:
            for order in case.orders:
                if order.closed or order.planner is None or order.planner[1] != Workspace.COLLABORATOR:
                    continue
                one = self.through(order.planner[0], case)
                if one and self.granted(one, "publish_setups", case):
                    continue
                order.planner = None
                order.state = "submitted" if order.state == "in_production" else order.state
                order.held = "submitted" if order.held == "in_production" else order.held

    # --- becoming a collaborator ---

    def holder(self, address: str) -> Person | None:
        return next((p for p in self.people if p.account and p.address == address), None)

    def open_with(self, provider: Provider, address: str) -> Collaboration | None:
        """The collaboration that is not ended with this person, else with this address."""
        person = self.holder(address)
        mine = [one for one in self.collaborations if one.provider is provider and self.open(one)]
        return next((o for o in mine if person and o.person is person), None) or next((o for o in mine if o.address == address), None)

    def invite(self, provider: Provider, address: str, terms: Terms) -> Deed:
        def apply() -> Collaboration:
            for one in self.collaborations:  # what has run out has ended, whether or not anybody noticed
                if one.provider is provider and self.over(one) and one.state != "ended":
                    self._end(one, "expired")
            one = self.open_with(provider, address) or Collaboration(len(self.collaborations), provider, address, self.holder(address))
            if one not in self.collaborations:
                self.collaborations.append(one)
                self._write(one, terms, None)
                one.terms_changed = 1
            else:  # "Inviting someone twice changes the grant, never doubles it"
                self._change(one, terms, None)
                # "Inviting someone twice … never doubles it", and "bound to the account that holds the address": the person is the same
                # under a new address, and the row takes the one that was typed last, so that the next mail goes there.
                one.address = address
            if one.state == "invited":
                self._send(one)
            return one

        return Deed(*verdict((address != provider.person.address, "inviting oneself is refused")), apply)

    def _send(self, one: Collaboration) -> Invitation:
        """ "Single use, expire after 14 days"; "bound to the account that holds the address when it is sent, otherwise to the address".

        `bound` follows that sentence first: whoever holds the address now. When nobody does, because the person to whom the first link
        was bound reads their mail elsewhere, it stays theirs: an invitation "survives that person changing their e-mail".
        """
        if one.invitation:
            one.invitation.replaced = True
        bound = self.holder(one.address) or one.person
        one.invitation = Invitation(len(self.invitations), one, bound.address if bound else one.address, bound, self.now + days(14))
        one.person = one.person or bound
        self.invitations.append(one.invitation)
        return one.invitation

    def resend(self, by: Person, one: Collaboration) -> Deed:
        checked = verdict(
            (one.provider.person is by, "it is another provider's"),
            (one.state == "invited", "it is answered"),
        )
        if checked[0] is Verdict.DONE and (self.over(one) or self.lapsed(one)):
            checked = Verdict.EITHER, "it has run out, and nobody has noticed"
        return Deed(*checked, lambda: self._send(one))

    def answerable(self, invitation: Invitation) -> tuple[bool, str]:
        one = invitation.collaboration
        usable = not (invitation.used or invitation.replaced) and invitation.expires > self.now
        return usable and one.state == "invited" and not self.over(one), "the invitation is used, replaced, withdrawn or expired"

    def belongs(self, invitation: Invitation, person: Person) -> bool:
        """ "Bound to the account that holds the address when it is sent, otherwise to the address, verified at acceptance"."""
        if invitation.bound is not None:
            return invitation.bound is person
        return person.account and person.verified and person.address == invitation.address

    def _twice(self, invitation: Invitation, person: Person) -> bool:
        mine = invitation.collaboration
        return any(o is not mine and o.provider is mine.provider and o.person is person and o.state != "ended" for o in self.collaborations)

    def accept(self, page: Page, person: Person) -> Deed:
        invitation = page.invitation
        one = invitation.collaboration
        return Deed(
            *verdict(
                self.answerable(invitation),
                (self.belongs(invitation, person), "it is bound to somebody else"),
                (page.terms_changed == one.terms_changed, "the grants changed since the page was shown"),
                (not self._twice(invitation, person), "the two work together already"),
            ),
            lambda: self._accept(invitation, person),
        )

    def _accept(self, invitation: Invitation, person: Person) -> None:
        one = invitation.collaboration
        one.state, one.person, invitation.used = "active", person, True

    def register(self, page: Page, person: Person) -> Deed:
        """ "Complete registration: creates the account, accepts"."""
        invitation = page.invitation

        def apply() -> None:
            person.account = person.verified = True
            self._accept(invitation, person)

        return Deed(
            *verdict(
                (not person.account and self.holder(invitation.address) is None, "the address has an account"),
                (invitation.address == person.address, "it is another address"),
                self.answerable(invitation),
                (invitation.bound is None, "it is bound to an account"),
                (page.terms_changed == invitation.collaboration.terms_changed, "the grants changed since the page was shown"),
            ),
            apply,
        )

    def decline(self, invitation: Invitation, person: Person) -> Deed:
        return Deed(
            *verdict(self.answerable(invitation), (self.belongs(invitation, person), "it is bound to somebody else")),
            lambda: self._end(invitation.collaboration, "declined"),
        )

    def withdraw(self, by: Person, one: Collaboration) -> Deed:
        mine = (one.provider.person is by, "it is another provider's")
        return Deed(*verdict(mine, (one.state != "active", "it was accepted")), lambda: self._end(one, "withdrawn"))

    def revoke(self, by: Person, one: Collaboration) -> Deed:
        return Deed(*verdict((one.provider.person is by, "it is another provider's")), lambda: self._end(one, "revoked"))

    def leave(self, by: Person, one: Collaboration) -> Deed:
        mine = (one.person is by and one.state != "invited", "it is not theirs to leave")
        return Deed(*verdict(mine), lambda: self._end(one, "left"))

    def _end(self, one: Collaboration, how: str) -> None:
        """ "Ending is final"."""
        if one.state != "ended":
            one.state, one.how = "ended", how
            if one.invitation:
                one.invitation.replaced = True

    def noticed(self) -> None:
        """The portal looked: what has run out is ended in words too."""
        for one in self.collaborations:
            if one.state != "ended" and (self.over(one) or self.lapsed(one)):
                self._end(one, "expired")

    # --- permissions ---

    def _write(self, one: Collaboration, terms: Terms, act: Act | None) -> bool:
        cells: dict[tuple[Any, ...], Any] = {("grant", grant): grant in terms.grants for grant in GRANTS}
        cells |= {("evaluates",): terms.evaluates, ("hides",): terms.hides, ("every",): terms.every, ("ends_on",): terms.ends_on}
        written = [one.write(cell, value, act) for cell, value in cells.items()]
        return any(written)

    def _change(self, one: Collaboration, terms: Terms, act: Act | None) -> bool:
        changed = self._write(one, terms, act)
        one.terms_changed += changed
        return changed

    def change(self, by: Person, one: Collaboration, terms: Terms) -> Deed:
        act = Act("change of permissions", self.now, one.provider)

        def apply() -> Act | None:
            if not self._change(one, terms, act):
                return None
            act.terms = (one, one.terms_changed)
            return act

        return Deed(*verdict((one.provider.person is by, "it is another provider's"), (self.open(one), "it has ended")), apply)

    def undo(self, by: Person, act: Act) -> Deed:
        """ "Shares and permissions can be undone for 8 seconds, singly or 100,000 at once": what the act wrote goes, and nothing else."""
        age = (self.now - act.at).total_seconds()
        checked = verdict(
            (act.provider.person is by, "it is another provider's"),
            (age <= UNDO_NEVER_AFTER, "it is too late"),
            (not act.undone, "it is undone already"),
            (act.terms is None or self.open(act.terms[0]), "the collaboration has ended"),
        )
        moved_on = act.terms is not None and act.terms[0].terms_changed != act.terms[1]
        if checked[0] is Verdict.DONE and (age > UNDO_FOR or moved_on):
            checked = Verdict.EITHER, "the 8 seconds are over, or something else was changed since"

        def apply() -> None:
            act.undone = True
            for one in self.collaborations:
                before = {cell: one.value(*cell) for cell in one.cells}
                one.forget(act)
                one.terms_changed += any(one.value(*cell) != old and cell[0] not in {"case", "hold"} for cell, old in before.items())

        return Deed(*checked, apply)

    # --- sharing ---

    def _mine(self, by: Person, one: Collaboration) -> tuple[tuple[bool, str], tuple[bool, str]]:
        return (one.provider.person is by, "it is another provider's"), (self.open(one), "it has ended")

    def _unshare(self, one: Collaboration, cases: list[Case], act: Act) -> None:
        """Removing a share gives nobody anything: what was taken away stays away while the standing grant still shares the case."""
        for case in cases:
            if one.value("case", case):
                one.write(("case", case), False, act)
                if not one.value("every"):
                    one.write(("hold", case), frozenset(), act)

    def _settled(self, by: Person, one: Collaboration, words: str, does: Callable[[Act], object], *conditions: tuple[bool, str]) -> Deed:
        act = Act(words, self.now, one.provider)

        def apply() -> Act:
            scope = one.value("every")
            does(act)
            one.terms_changed += one.value("every") != scope
            return act

        checked = verdict(*self._mine(by, one), *conditions)
        if checked[0] is Verdict.DONE and self.lapsed(one):
            checked = Verdict.EITHER, "the invitation has run out, and nobody has noticed"
        return Deed(*checked, apply)

    def share(self, by: Person, one: Collaboration, cases: list[Case]) -> Deed:
        mine = [case for case in cases if case.provider is one.provider]
        return self._settled(by, one, "share", lambda act: [one.write(("case", case), True, act) for case in mine])

    def unshare(self, by: Person, one: Collaboration, cases: list[Case]) -> Deed:
        """ "A standing grant has no exceptions: to remove one case, change it to single shares"."""
        deed = self._settled(by, one, "stop sharing", lambda act: self._unshare(one, cases, act))
        if deed.verdict is Verdict.DONE and one.value("every"):
            deed.verdict = Verdict.EITHER
        return deed

    def popover(self, by: Person, case: Case, wanted: list[Collaboration]) -> Deed:
        act = Act("save of the popover", self.now, case.provider)

        def apply() -> Act:
            for one in self.collaborations:  # "standing grants apart": their box is ticked and cannot be taken off here
                if one.provider is case.provider and self.open(one) and not one.value("every"):
                    if one in wanted:
                        one.write(("case", case), True, act)
                    else:
                        self._unshare(one, [case], act)
            return act

        checked = verdict(
            (case.provider.person is by, "it is another provider's"),
            (all(one.provider is case.provider and self.open(one) for one in wanted), "one of them is no collaborator"),
        )
        if checked[0] is Verdict.DONE and any(self.lapsed(one) for one in wanted):
            checked = Verdict.EITHER, "an invitation has run out, and nobody has noticed"
        return Deed(*checked, apply)

    def every_begin(self, by: Person, one: Collaboration) -> Deed:
        return self._settled(by, one, "share every case", lambda act: one.write(("every",), True, act))

    def every_end(self, by: Person, one: Collaboration) -> Deed:
        """ "When it ends, shares made one by one stay"."""
        return self._settled(by, one, "end of every case", lambda act: one.write(("every",), False, act))

    def every_but(self, by: Person, one: Collaboration, but: Case) -> Deed:
        """ "Change it to single shares: keep the n shared now, except this"."""

        def does(act: Act) -> None:
            one.write(("every",), False, act)
            for case in self.cases:
                if case.provider is one.provider and case is not but:
                    one.write(("case", case), True, act)
            self._unshare(one, [but], act)

        return self._settled(by, one, "every case but one", does, (bool(one.value("every")), "there is no standing grant"))

    def withhold(self, by: Person, one: Collaboration, case: Case, grants: frozenset[str]) -> Deed:
        """ "On a single case the provider can take some away, never add"."""
        return self._settled(
            by, one, "take away on a case", lambda act: one.write(("hold", case), grants, act), (self.shares(one, case), "it is not shared")
        )
