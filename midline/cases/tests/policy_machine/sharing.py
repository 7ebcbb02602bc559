"""Steps between a provider and collaborators: invitations and their answers, permissions, sharing, undo, endings."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from midline.cases import services
from midline.cases.models import Case as CaseRow
from midline.cases.tests.policy_machine.deeds import Deed, Terms
from midline.cases.tests.policy_machine.records import Act, Case, Collaboration, Invitation, Page, Person, Provider
from midline.cases.tests.policy_machine.steps import Steps, by_whom, drawn_terms, grants, pick
from midline.cases.tests.policy_machine.world import names, terms_for, told
from midline.collaboration import services as collaborating
from midline.collaboration.models import Grant
from midline.core.workspace import Workspace
from midline.people import services as people
from midline.people.models import User
from midline.people.tests.factories import PASSWORD


class Sharing(Steps):
    # --- becoming a collaborator, and ceasing ---

    @rule(provider=pick, who=pick, drawn=drawn_terms)
    def invite(self, provider: int, who: int, drawn: tuple[Any, ...]) -> None:
        host = self.provider(provider)
        self._invite(host, self.oracle.people[who % len(self.oracle.people)], self.terms(drawn, host))

    def _invite(self, host: Provider, person: Person, terms: Terms) -> None:
        first, by = person.name.split()[0], self.world.actor(host.person, Workspace.PROVIDER)
        made = self.world.do(
            "invite",
            f"{host} invites {person.address}: {told(terms)}",
            self.oracle.invite(host, person.address, terms),
            lambda: collaborating.collaborator_add(by=by, email=person.address, first_name=first, last_name="X", **terms_for(terms)),
        )
        self.world.invited(made)
        self.did(made)

    @rule(index=pick, whom=by_whom)
    def resend(self, index: int, whom: str) -> None:
        if one := self.collaboration(index):
            self._resend(one, self.owner(one, whom))

    def _resend(self, one: Collaboration, owner: Person) -> None:
        by, row = self.world.actor(owner, Workspace.PROVIDER), self.world.row(one)
        made = self.world.do(
            "resend",
            f"{owner} sends the invitation to {one.address} again",
            self.oracle.resend(owner, one),
            lambda: collaborating.invitation_resend(collaboration=row, by=by),
        )
        self.world.invited(made, one)
        self.did(made)

    def _page(self, invitation: Invitation) -> Page:
        """The page as it is shown now."""
        one = invitation.collaboration
        return Page(invitation, one.terms_changed, self.world.row(one).revision)

    @rule(index=pick)
    def open_page(self, index: int) -> None:
        """Somebody opens the invitation's page and leaves it open: later the grants may have changed."""
        if invitation := self.one(self.oracle.invitations, index):
            self.pages.append(self._page(invitation))

    def _shown(self, index: int, page: int) -> Page | None:
        """A page left open, or the page of an invitation, the newest ones first, opened now."""
        if self.pages and page % 3 == 2:
            return self.one(self.pages, page // 3)
        invitation = self.one(self.oracle.invitations[-3:] if index % 4 else self.oracle.invitations, index // 4)
        return self._page(invitation) if invitation else None

    @rule(index=pick, page=pick)
    def accept(self, index: int, page: int) -> None:
        if shown := self._shown(index, page):
            holder = shown.invitation.bound or self.oracle.holder(shown.invitation.address)
            person = self.person(index) if holder is None or index % 5 == 4 else holder
            self._accept(shown, person)

    @rule(index=pick, who=pick)
    def accept_as_anybody(self, index: int, who: int) -> None:
        if shown := self._shown(index, 0):
            self._accept(shown, self.person(who))

    def _accept(self, shown: Page, person: Person) -> None:
        made = self.world.do(
            "accept",
            f"{person} accepts {shown.invitation} of {shown.invitation.collaboration.provider}",
            self.oracle.accept(shown, person),
            lambda: collaborating.invitation_accept(
                token=self.world.token(shown.invitation), by=self.world.users[person], seen_revision=shown.revision, accepts_terms=True
            ),
        )
        self.did(made)

    @rule(index=pick, page=pick)
    def complete_registration(self, index: int, page: int) -> None:
        known = {person.address: person for person in self.oracle.people}
        sent = [i for i in self.oracle.invitations if i.address in known]
        if invitation := self.promising(sent, lambda i: self.oracle.register(self._page(i), known[i.address]), index):
            stale = [p for p in self.pages if p.invitation is invitation]
            shown = stale[page % len(stale)] if stale and page % 3 == 0 else self._page(invitation)
            self._register(shown, known[invitation.address])

    def _register(self, shown: Page, person: Person) -> None:
        invitation = shown.invitation
        made = self.world.do(
            "complete registration",
            f"somebody completes the registration of {person} by {invitation}",
            self.oracle.register(shown, person),
            lambda: collaborating.invitation_register(
                token=self.world.token(invitation), first_name=person.name, last_name="X", password=PASSWORD, language="en",
                numbering="fdi", seen_revision=shown.revision, accepts_terms=True,
            ),
        )  # fmt: skip
        if made:
            self.world.users[person] = made[0][0]
        self.did(made)

    @rule(who=pick, verified=st.booleans())
    def register_by_oneself(self, who: int, verified: bool) -> None:
        """An address that was invited, or was not, registers from the sign-in page; the address is proved, or not yet."""
        person = self.one([p for p in self.oracle.people if not p.account], who)
        if person:
            user = people.user_prepare(email=person.address, first_name=person.name, last_name="X", password=PASSWORD, language="en")
            self.world.users[person] = people.user_register(user=user, address_verified=verified)
            person.account, person.verified = True, verified
            self.world.history.append(f"{person} registers by themselves{'' if verified else ', address not proved'}")
            self.did(None)

    @rule(who=pick)
    def prove_address(self, who: int) -> None:
        if person := self.one([p for p in self.world.accounts if not p.verified], who):
            self.world.users[person].emailaddress_set.update(verified=True)  # type: ignore[attr-defined]
            person.verified = True
            self.world.history.append(f"{person} proves the address")

    @rule(who=pick)
    def change_address(self, who: int) -> None:
        """A person moves to another address: an invitation bound to the account goes with them."""
        person = self.one([p for p in self.world.accounts if not p.address.startswith("new.")], who)
        if person:
            person.address = f"new.{person.address}"
            User.objects.filter(pk=self.world.users[person].pk).update(email=person.address)
            user = self.world.users[person] = User.objects.get(pk=self.world.users[person].pk)
            user.emailaddress_set.update(email=person.address, verified=True)  # type: ignore[attr-defined]
            person.verified = True
            self.world.history.append(f"{person} changes the address to {person.address}")

    @rule(index=pick, who=pick)
    def decline(self, index: int, who: int) -> None:
        def answers(invitation: Invitation) -> Person:
            holder = invitation.bound or self.oracle.holder(invitation.address)
            return self.person(who) if holder is None or who % 5 == 4 else holder

        if invitation := self.promising(self.oracle.invitations, lambda i: self.oracle.decline(i, answers(i)), index):
            self._decline(invitation, answers(invitation))

    def _decline(self, invitation: Invitation, person: Person) -> None:
        made = self.world.do(
            "decline",
            f"{person} declines {invitation}",
            self.oracle.decline(invitation, person),
            lambda: collaborating.invitation_decline(token=self.world.token(invitation), by=self.world.users[person]),
        )
        self.did(made)

    @rule(index=pick, how=st.sampled_from(["withdraw", "revoke", "leave"]), whom=by_whom)
    def end(self, index: int, how: str, whom: str) -> None:
        def says(one: Collaboration) -> Deed:
            by = self.owner(one, whom)
            if how == "leave":
                return self.oracle.leave(one.person or by, one)
            return self.oracle.withdraw(by, one) if how == "withdraw" else self.oracle.revoke(by, one)

        ending = [one for one in self.oracle.collaborations if one.state != "ended" or index % 7 == 0]
        if one := self.promising(ending, says, index):
            self._end(one, how, whom)

    def _end(self, one: Collaboration, how: str, whom: str = "owner") -> None:
        by, row = self.owner(one, whom), self.world.row(one)
        if how == "leave" and (one.person is None or not one.person.account):
            return
        if how == "leave":
            leaver = one.person if whom == "owner" and one.person else by
            user, deed = self.world.users[leaver], self.oracle.leave(leaver, one)
            act = lambda: collaborating.collaboration_leave(collaboration=row, by=user)  # noqa: E731
            words = f"{leaver} leaves {one.provider}"
        else:
            actor = self.world.actor(by, Workspace.PROVIDER)
            act = (
                (lambda: collaborating.invitation_withdraw(collaboration=row, by=actor))
                if how == "withdraw"
                else (lambda: collaborating.collaboration_revoke(collaboration=row, by=actor))
            )
            deed = self.oracle.withdraw(by, one) if how == "withdraw" else self.oracle.revoke(by, one)
            words = f"{by} ends it ({how}) with {one.address}"
        self.did(self.world.do(how, words, deed, act))

    # --- permissions ---

    @rule(index=pick, whom=by_whom, drawn=drawn_terms)
    def change(self, index: int, whom: str, drawn: tuple[Any, ...]) -> None:
        if one := self.collaboration(index):
            by = self.owner(one, whom)
            self._change(one, by, self.terms(drawn, one.provider))

    def _change(self, one: Collaboration, by: Person, terms: Terms) -> None:
        row = self.world.row(one)
        made = self.world.do(
            "change",
            f"{by} changes what {one.address} may: {told(terms)}",
            self.oracle.change(by, one, terms),
            lambda: collaborating.collaboration_change(
                collaboration=row, by=self.world.actor(by, Workspace.PROVIDER), relation=row.relation, **terms_for(terms)
            ),
        )
        if made and made[0] is not None and made[1] is not None:
            self.world.undoable(made)
        self.did(made)

    @rule(index=pick, whom=by_whom)
    def undo(self, index: int, whom: str) -> None:
        """The newest acts first: a toast offers the last one, and two can stand on the page."""
        if act := self.one(self.world.acts[-3:], index):
            self._undo(
                act, act.provider.person if whom == "owner" else next(p.person for p in self.oracle.providers if p is not act.provider)
            )

    def _undo(self, act: Act, by: Person) -> None:
        self.did(self.world.do("undo", f"{by} undoes {act}", self.oracle.undo(by, act), self._undoing(act, by)))

    def _undoing(self, act: Act, by: Person) -> Callable[[], Any]:
        actor, pk = self.world.actor(by, Workspace.PROVIDER), self.world.ids[act]
        if act.terms:
            return lambda: collaborating.collaboration_change_undo(event_id=pk, by=actor)
        return lambda: services.shares_undo(batch_id=pk, by=actor)

    # --- sharing ---

    @rule(index=pick, cases=pick, whom=by_whom, act=st.sampled_from(["share", "share", "unshare"]))
    def share_or_stop(self, index: int, cases: int, whom: str, act: str) -> None:
        if one := self.collaboration(index):
            self._share_or_stop(one, self.cases_of(one, cases), act, whom)

    def _share_or_stop(self, one: Collaboration, chosen: list[Case], act: str, whom: str = "owner") -> None:
        by, row = self.owner(one, whom), self.world.row(one)
        service = services.cases_share if act == "share" else services.cases_unshare
        deed = self.oracle.share(by, one, chosen) if act == "share" else self.oracle.unshare(by, one, chosen)
        rows = CaseRow.objects.filter(pk__in=[self.world.ids[case] for case in chosen])
        made = self.world.do(
            act,
            f"{by} {'shares' if act == 'share' else 'stops sharing'} {names(chosen)} with {one.address}",
            deed,
            lambda: service(collaboration=row, cases=rows, by=self.world.actor(by, Workspace.PROVIDER)),
        )
        self.world.undoable(made)
        self.did(made)

    @rule(index=pick, wanted=pick, whom=by_whom)
    def popover(self, index: int, wanted: int, whom: str) -> None:
        if case := self.one(self.oracle.cases, index):
            ticked = [o for n, o in enumerate(self.oracle.collaborations) if wanted >> n & 1 and (self.oracle.open(o) or wanted % 13 == 0)]
            ticked = [o for o in ticked if o.provider is case.provider or wanted % 17 == 0]
            self._popover(case, ticked, self.owner(case, whom))

    def _popover(self, case: Case, ticked: list[Collaboration], by: Person) -> None:
        made = self.world.do(
            "popover",
            f"{by} saves the popover of {case} with {names(ticked)}",
            self.oracle.popover(by, case, ticked),
            lambda: services.case_shares_set(
                case=self.world.case_row(case), wanted={self.world.ids[o] for o in ticked}, by=self.world.actor(by, Workspace.PROVIDER)
            ),
        )
        self.world.undoable(made)
        self.did(made)

    @rule(index=pick, whom=by_whom, how=st.sampled_from(["begin", "end", "but"]), but=pick)
    def standing_grant(self, index: int, whom: str, how: str, but: int) -> None:
        standing = [one for one in self.oracle.collaborations if one.value("every") and self.oracle.open(one)]
        one = self.one(standing, index // 5) if how != "begin" and index % 5 else None
        if one := one or self.collaboration(index):
            self._standing_grant(one, how, self.one([c for c in self.oracle.cases if c.provider is one.provider], but), whom)

    def _standing_grant(self, one: Collaboration, how: str, case: Case | None = None, whom: str = "owner") -> None:
        by, row = self.owner(one, whom), self.world.row(one)
        actor = self.world.actor(by, Workspace.PROVIDER)
        if how == "but" and case is None:
            return
        if how == "but" and case:
            words, deed = f"{by} shares every case but {case} with {one.address}", self.oracle.every_but(by, one, case)
            made = self.world.do("every but one", words, deed, lambda: services.standing_grant_to_single(
                collaboration=row, except_case=self.world.case_row(case), by=actor
            ))  # fmt: skip
        elif how == "begin":
            words, deed = f"{by} shares every case with {one.address}", self.oracle.every_begin(by, one)
            made = self.world.do("every case", words, deed, lambda: services.standing_grant_begin(collaboration=row, by=actor))
        else:
            words, deed = f"{by} ends the sharing of every case with {one.address}", self.oracle.every_end(by, one)
            made = self.world.do("end of every case", words, deed, lambda: services.standing_grant_end(collaboration=row, by=actor))
        self.world.undoable(made)
        self.did(made)

    @rule(index=pick, case=pick, whom=by_whom, taken=grants)
    def take_away(self, index: int, case: int, whom: str, taken: frozenset[str]) -> None:
        one = self.collaboration(index)
        if one is None:
            return
        shared = [c for c in self.oracle.cases if self.oracle.shares(one, c)]
        chosen = self.one(shared if shared and case % 5 else self.oracle.cases, case // 5)
        if chosen:
            self._take_away(one, chosen, taken, self.owner(chosen, whom))

    def _take_away(self, one: Collaboration, chosen: Case, taken: frozenset[str], by: Person) -> None:
        row = self.world.row(one)
        made = self.world.do(
            "take away",
            f"{by} takes away {names(sorted(taken))} of {one.address} on {chosen}",
            self.oracle.withhold(by, one, chosen, taken),
            lambda: services.share_withhold(
                case=self.world.case_row(chosen), collaboration=row, withheld={Grant(name) for name in taken},
                by=self.world.actor(by, Workspace.PROVIDER),
            ),
        )  # fmt: skip
        self.world.undoable(made)
        self.did(made)
