"""Who may what, said by the product's description alone. The heading of each rule names the sentence it is written from.

Nothing of the product is imported here but the names of actions and workspaces; the rules are the oracle's own.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from midline.cases.actions import Action
from midline.cases.tests.policy_machine.records import Case, Collaboration, Order, Person, Provider
from midline.core.workspace import Workspace

# "People and workspaces": a provider does everything of the owner on their own cases, and alone approves.
# "Life cycle": what the arrows give the provider. "Conversation": between provider and collaborators. Nothing of the lab's.
OWNERS: Final = {
    Action.VIEW, Action.SEE_IDENTITY, Action.READ_CONVERSATION, Action.READ_PROPOSED_REQUESTS, Action.READ_SENT_REQUESTS,
    Action.READ_SHARES, Action.READ_ACCESS_LOG, Action.DOWNLOAD, Action.DOWNLOAD_ORIGINALS, Action.COMMENT, Action.PROPOSE_CHANGES,
    Action.ADD_ORDER, Action.DECLINE_SETUP, Action.EDIT_RECORDS, Action.APPROVE, Action.PUSH_BACK, Action.SHARE, Action.RECEIVE,
    Action.HOLD, Action.CANCEL, Action.EDIT_CASE,
}  # fmt: skip

# "People and workspaces": the technician has the queue of submitted orders, publishes setups and answers change requests.
# "Permissions", Change request: only sent requests reach the lab, which never sees the conversation. "Life cycle": its arrows.
# "Treatment setup": until published only its planner and the lab see a version.
LABS: Final = {
    Action.VIEW, Action.SEE_IDENTITY, Action.READ_SENT_REQUESTS, Action.READ_UNPUBLISHED, Action.DOWNLOAD, Action.DOWNLOAD_ORIGINALS,
    Action.TAKE, Action.PUBLISH_SETUP, Action.ASK_RECORDS, Action.ANSWER_REQUESTS, Action.MANUFACTURE, Action.HOLD, Action.CANCEL_LATE,
}  # fmt: skip

# "Permissions", the rows "always".
ALWAYS: Final = {
    Action.VIEW, Action.READ_CONVERSATION, Action.READ_PROPOSED_REQUESTS, Action.READ_SENT_REQUESTS, Action.COMMENT, Action.PROPOSE_CHANGES,
    Action.MARK_READY,
}  # fmt: skip

# "Permissions", the rows "if granted", by the name of the grant.
GRANTED: Final = {
    "add_orders": {Action.ADD_ORDER},
    "decline_setups": {Action.DECLINE_SETUP},
    "edit_records": {Action.EDIT_RECORDS},
    "download": {Action.DOWNLOAD, Action.DOWNLOAD_ORIGINALS},
    "publish_setups": {Action.TAKE},
}
# "Life cycle": who takes an order is its planner until hand over; only the planner publishes. "Treatment setup": until published only its
# planner, and the lab, sees it. Answers under sent requests are the planner's work too. Of a case: the planner of an open order.
PLANNERS: Final = {Action.PUBLISH_SETUP, Action.READ_UNPUBLISHED, Action.ANSWER_REQUESTS}

# "Life cycle", the table of statuses.
TURNS: Final = {
    "draft": "provider", "submitted": "lab", "records_needed": "provider", "in_production": "lab", "approved": "lab",
    "in_manufacturing": "lab", "shipped": "nobody", "in_treatment": "nobody", "on_hold": "nobody",
    "cancelled": "nobody", "completed": "nobody",
}  # fmt: skip


class Oracle:
    def __init__(self, now: datetime) -> None:
        self.now = now
        self.people: list[Person] = []
        self.providers: list[Provider] = []
        self.cases: list[Case] = []
        self.collaborations: list[Collaboration] = []

    # --- collaborations ---

    def until(self, one: Collaboration) -> datetime | None:
        """ "Adding a collaborator": through that day in the time zone of the provider's first practice."""
        if one.ends_on is None:
            return None
        zone = ZoneInfo(one.provider.practices[0].zone)
        return datetime.combine(one.ends_on + timedelta(days=1), time.min, tzinfo=zone)

    def over(self, one: Collaboration) -> bool:
        until = self.until(one)
        return until is not None and self.now >= until

    def live(self, one: Collaboration) -> bool:
        """ "Nothing is visible to the collaborator before they accept"; "access follows the state at the next request"."""
        return one.state == "active" and not self.over(one)

    def open(self, one: Collaboration) -> bool:
        return one.state in {"invited", "active"} and not self.over(one)

    def shares(self, one: Collaboration, case: Case) -> bool:
        """ "Sharing": by single share, or by a standing grant that future cases join. A provider's cases and no other's."""
        return case.provider is one.provider and bool(one.value("every") or one.value("case", case))

    def lapsed(self, one: Collaboration) -> bool:
        """ "Invitations … expire after 14 days": nobody has looked yet, and the state still says invited."""
        return one.state == "invited" and (one.invitation is None or one.invitation.expires <= self.now)

    def through(self, person: Person, case: Case) -> Collaboration | None:
        """The live collaboration by which this person sees this case."""
        for one in self.collaborations:
            if one.person is person and self.live(one) and self.shares(one, case):
                return one
        return None

    def granted(self, one: Collaboration, grant: str, case: Case | None = None) -> bool:
        """ "Permissions belong to the collaboration; on a single case the provider can take some away, never add"."""
        held = (one.value("hold", case) or frozenset()) if case is not None else frozenset()
        return bool(one.value("grant", grant)) and grant not in held

    # --- may ---

    def allowed(self, person: Person, workspace: str, case: Case) -> set[Action]:
        """ "What a person is in one workspace gives nothing in another": each workspace is answered alone."""
        if not person.account:
            return set()
        if workspace == Workspace.PROVIDER:
            return OWNERS if case.provider.person is person else set()
        if workspace == Workspace.LAB:  # "the lab sees an order from Submitted on"
            if not (person.technician and case.submitted):
                return set()
            return LABS if self.plans(person, workspace, case) else LABS - {Action.PUBLISH_SETUP}
        if workspace == Workspace.COLLABORATOR:
            one = self.through(person, case)
            return self._of_collaborator(one, person, case) if one else set()
        return set()

    def _of_collaborator(self, one: Collaboration, person: Person, case: Case) -> set[Action]:
        found = set(ALWAYS)
        for grant, actions in GRANTED.items():
            if self.granted(one, grant, case):
                found |= actions
        if self.granted(one, "publish_setups", case) and self.plans(person, Workspace.COLLABORATOR, case):
            found |= PLANNERS
        # "see the patient's name and birth date: unless the provider hides identity"; "originals are not downloadable, scrubbed copies are"
        if one.value("hides"):
            found.discard(Action.DOWNLOAD_ORIGINALS)
        else:
            found.add(Action.SEE_IDENTITY)
        return found

    def may(self, person: Person, workspace: str, action: Action, case: Case) -> bool:
        return action in self.allowed(person, workspace, case)

    def may_begin_for(self, person: Person, workspace: str) -> set[Provider]:
        """ "As a collaborator the form first asks for the provider": those who granted to add orders; a shared case is not needed."""
        if workspace == Workspace.PROVIDER:
            return {p for p in self.providers if p.person is person}
        if workspace != Workspace.COLLABORATOR:
            return set()
        mine = [one for one in self.collaborations if one.person is person and self.live(one)]
        return {one.provider for one in mine if self.granted(one, "add_orders")}

    # --- what stands beside a case ---

    def beside(self, case: Case) -> list[Collaboration]:
        """ "Manage Orders": the number of its collaborators, active and invited, by share or standing grant."""
        return [one for one in self.collaborations if self.open(one) and self.shares(one, case)]

    def _active(self, case: Case) -> Iterator[Collaboration]:
        return (one for one in self.collaborations if self.live(one) and self.shares(one, case))

    def ready(self, one: Collaboration, case: Case) -> bool:
        """ "Only the Ready mark is stored"; "a planner's own version counts as ready for them"."""
        return (one, case.awaiting) in case.marks or case.current.planner == (one.person, Workspace.COLLABORATOR)

    def status_for(self, rows: list[Collaboration], case: Case) -> str | None:
        """ "Collaborator status": no version awaiting approval → Awaiting Setup, published → Evaluating, marked → Ready, then Approved.

        Retainer and replacement have no setups; a draft is not asked for yet and a cancelled order has none to wait for: "—".
        """
        order = case.current
        if not rows or not order.uses_setups or order.stands_in in {"draft", "cancelled"}:
            return None
        if order.stands_in == "awaiting_approval":
            return "ready" if all(self.ready(one, case) for one in rows) else "evaluating"
        return "awaiting" if order.stands_in in {"submitted", "records_needed", "in_production"} else "approved"

    def summary(self, case: Case) -> str | None:
        """ "The case sums up the active collaborators that evaluate: all ready → Ready, else Evaluating; none that evaluates → —"."""
        return self.status_for([one for one in self._active(case) if one.value("evaluates")], case)

    def own_status(self, person: Person, case: Case) -> str | None:
        """ "A collaborator sees the own state"."""
        return self.status_for([one for one in self._active(case) if one.person is person], case)

    def turn(self, case: Case) -> str:
        """ "Life cycle", the table: "collaborator while Evaluating, provider when Ready or when nobody evaluates"."""
        if case.current.state == "awaiting_approval":
            return "collaborator" if self.summary(case) == "evaluating" else "provider"
        return TURNS[case.current.state]

    def plans(self, person: Person, workspace: str, case: Case) -> bool:
        """Whether an order of the case that is not closed is theirs to plan."""
        return any(o.planner == (person, workspace) and not o.closed for o in case.orders)

    def planned_by(self, order: Order, person: Person, workspace: str) -> bool:
        return order.planner == (person, workspace)
