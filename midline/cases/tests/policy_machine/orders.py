"""What may become of an order: the arrows of "Life cycle", and "Orders"."""

from typing import Final

from midline.cases.actions import Action
from midline.cases.tests.policy_machine.deeds import Deed, Deeds, Verdict, verdict
from midline.cases.tests.policy_machine.records import Case, Order, Person, Practice
from midline.core.workspace import Workspace

# "Submitted –take→ …": from, to, and who by the action of the sentence. "Any open state but Draft –hold→ On hold –resume→ the state held".
ARROWS: Final[dict[str, tuple[set[str], str, Action]]] = {
    "submit": ({"draft"}, "submitted", Action.ADD_ORDER),
    "take": ({"submitted"}, "in_production", Action.TAKE),
    "hand_over": ({"in_production"}, "submitted", Action.TAKE),
    "publish": ({"in_production"}, "awaiting_approval", Action.PUBLISH_SETUP),
    "send_changes": ({"awaiting_approval"}, "in_production", Action.DECLINE_SETUP),
    "approve": ({"awaiting_approval"}, "approved", Action.APPROVE),
    "start_manufacturing": ({"approved", "submitted"}, "in_manufacturing", Action.MANUFACTURE),
    "ship": ({"in_manufacturing"}, "shipped", Action.MANUFACTURE),
    "receive": ({"shipped"}, "in_treatment", Action.RECEIVE),
    "complete": ({"in_treatment", "shipped"}, "completed", Action.RECEIVE),
    "hold": (
        {"submitted", "records_needed", "in_production", "awaiting_approval", "approved", "in_manufacturing", "shipped", "in_treatment"},
        "on_hold",
        Action.HOLD,
    ),
    "resume": ({"on_hold"}, "", Action.HOLD),
    "cancel": (
        {"draft", "submitted", "records_needed", "in_production", "awaiting_approval", "approved", "on_hold"}
        | {"in_manufacturing", "shipped", "in_treatment"},
        "cancelled",
        Action.CANCEL,
    ),
}
LATE: Final = {"in_manufacturing", "shipped", "in_treatment"}


class Orders(Deeds):
    def begin_case(self, by: Person, workspace: str, practice: Practice, kind: str) -> Deed:
        """ "As a collaborator the form first asks for the provider, then for one of that provider's practices"."""
        provider = next(p for p in self.providers if practice in p.practices)

        def apply() -> Case:
            case = Case("", provider, practice)
            case.orders.append(Order(1, kind, (by, workspace)))
            self.cases.append(case)
            if workspace == Workspace.COLLABORATOR:  # "a collaborator's new order shares that case with them in the same transaction"
                mine = next(o for o in self.collaborations if o.provider is provider and o.person is by and self.live(o))
                mine.write(("case", case), True, None)
            return case

        return Deed(*verdict((provider in self.may_begin_for(by, workspace), "they may not add orders for this provider")), apply)

    def begin_order(self, by: Person, workspace: str, case: Case, kind: str) -> Deed:
        """ "At most one open order of a case uses setups (aligner or revision)"."""

        def apply() -> Order:
            order = Order(max(o.number for o in case.orders) + 1, kind, (by, workspace))
            case.orders.append(order)
            return order

        busy = kind in {"aligner", "revision"} and any(o.uses_setups and not o.closed for o in case.orders)
        return Deed(*verdict(self._can(by, workspace, Action.ADD_ORDER, case), (not busy, "an open order uses setups")), apply)

    def _can(self, by: Person, workspace: str, action: Action, case: Case) -> tuple[bool, str]:
        return self.may(by, workspace, action, case), f"they may not {action.value}"

    def move(self, by: Person, workspace: str, case: Case, order: Order, event: str) -> Deed:
        sources, target, action = ARROWS[event]
        if event == "cancel" and order.stands_in in LATE:  # "up to Approved (provider); later only the lab"
            action = Action.CANCEL_LATE
        planner = self.planned_by(order, by, workspace)
        extra = {
            "take": (order.uses_setups, "retainers and replacements have no setup"),
            "hand_over": (planner, "it is its planner's"),
            "publish": (planner, "only its planner publishes"),
            "start_manufacturing": (order.uses_setups == (order.state == "approved"), "a setup is approved first"),
            "receive": (order.uses_setups, "retainers: Shipped → Completed"),
            "complete": (order.uses_setups == (order.state == "in_treatment"), "aligners: Shipped → In treatment"),
        }
        conditions = [(order.state in sources, f"it is {order.state}"), self._can(by, workspace, action, case)]
        if event in extra:
            conditions.append(extra[event])
        return Deed(*verdict(*conditions), lambda: self._move(by, workspace, case, order, event, target))

    def _move(self, by: Person, workspace: str, case: Case, order: Order, event: str, target: str) -> None:
        match event:
            case "submit":
                case.submitted = True
            case "take":
                order.planner = (by, workspace)
            case "hand_over":
                order.planner = None
            case "publish":
                case.newest += 1
            case "send_changes":  # without a planner the order is in the queue
                target = "in_production" if order.planner else "submitted"
            case "hold":
                order.held = order.state
            case "resume":
                target, order.held = order.held, ""
            case "cancel":
                order.held = ""
        order.state = target
        if order.closed:
            order.closed_at = self.now

    def ask_records(self, by: Person, workspace: str, case: Case, order: Order, slots: set[str]) -> Deed:
        def apply() -> None:
            order.asked |= slots
            order.state = "records_needed"

        stands = (order.state in {"submitted", "in_production"}, f"it is {order.state}")
        return Deed(*verdict(self._can(by, workspace, Action.ASK_RECORDS, case), stands), apply)

    def answer(self, by: Person, workspace: str, case: Case, order: Order, slot: str) -> Deed:
        """ "Complete → In production if taken, else Submitted (by itself when each item is answered)"."""

        def apply() -> None:
            order.asked.discard(slot)
            if order.state == "records_needed" and not order.asked:
                order.state = "in_production" if order.planner else "submitted"

        return Deed(*verdict(self._can(by, workspace, Action.EDIT_RECORDS, case)), apply)

    def discard(self, by: Person, workspace: str, case: Case, order: Order) -> Deed:
        """ "Draft –discard→ gone (who began it, provider)"; who began it must still be allowed to add orders there."""
        owner = workspace == Workspace.PROVIDER and case.provider.person is by
        began = order.begun_by == (by, workspace) and self.may(by, workspace, Action.ADD_ORDER, case)

        def apply() -> None:
            case.orders.remove(order)
            if not case.orders:
                self.cases.remove(case)

        return Deed(*verdict((order.state == "draft", f"it is {order.state}"), (owner or began, "it is not theirs")), apply)

    def move_practice(self, by: Person, workspace: str, case: Case, practice: Practice) -> Deed:
        """ "Moving a case to another practice of its provider changes no access". Another provider's practice is no choice."""

        def apply() -> None:
            case.moved = case.moved or practice is not case.practice
            case.practice = practice

        mine = (practice in case.provider.practices, "it is another provider's practice")
        owner = self.may(by, workspace, Action.EDIT_CASE, case)
        drafting = not case.submitted and self.may(by, workspace, Action.ADD_ORDER, case)
        return Deed(*verdict((owner or drafting, "the case is not theirs to change"), mine), apply)

    # --- ready marks ---

    def mark(self, by: Person, workspace: str, case: Case, version: int) -> Deed:
        def apply() -> None:
            one = self.through(by, case)
            assert one
            case.marks.add((one, version))

        return Deed(*self._open_version(by, workspace, Action.MARK_READY, case, version), apply)

    def take_mark_back(self, by: Person, workspace: str, case: Case, version: int) -> Deed:
        def apply() -> None:
            case.marks.discard((self.through(by, case), version))

        return Deed(*self._open_version(by, workspace, Action.MARK_READY, case, version), apply)

    def push_back(self, by: Person, workspace: str, case: Case, version: int) -> Deed:
        """ "The provider can push Ready back to Evaluating for all"."""
        marked = {mark for mark in case.marks if mark[1] == version}
        checked = self._open_version(by, workspace, Action.PUSH_BACK, case, version)
        if checked[0] is Verdict.DONE and not marked:
            checked = Verdict.REFUSED, "nobody holds it ready"
        return Deed(*checked, lambda: case.marks.difference_update(marked))

    def _open_version(self, by: Person, workspace: str, action: Action, case: Case, version: int) -> tuple[Verdict, str]:
        stands = case.awaiting == version and any(order.state == "awaiting_approval" for order in case.orders)
        return verdict((stands, "this version does not wait for a decision"), self._can(by, workspace, action, case))
