"""A change request as the lab's work list."""

from dataclasses import dataclass

from django.utils import formats

from midline.cases.actions import Action
from midline.cases.models import Case, Order
from midline.cases.policies import actions_on
from midline.conversation.models import ChangeItem, ChangeRequest
from midline.people.policies import Actor
from midline.setups.queries import may_plan, open_import


@dataclass(frozen=True)
class ChangeLine:
    """One line and its amount in words: "2°", "0.5 mm", or nothing."""

    item: ChangeItem
    amount: str

    @classmethod
    def of(cls, item: ChangeItem) -> "ChangeLine":
        unit = ChangeItem.Movement(item.movement).unit
        if item.amount is None or not unit:
            return cls(item, "")
        number = formats.number_format(item.amount.normalize(), use_l10n=True)
        return cls(item, f"{number}°" if unit == "°" else f"{number}\u2009{unit}")


@dataclass(frozen=True)
class ChangeList:
    """Every line sent to the lab on the newest version, in order, and the words of each sender.

    order: the one the version belongs to; answers: whether this reader may answer; plans: whether they may upload the next version.
    """

    case: Case
    order: Order | None
    version: int
    lines: list[ChangeLine]
    requests: list[ChangeRequest]
    answers: bool
    plans: bool
    import_id: int | None

    @property
    def answered(self) -> int:
        return sum(1 for line in self.lines if line.item.answer)

    @property
    def percent(self) -> int:
        return round(100 * self.answered / len(self.lines)) if self.lines else 0

    @property
    def next_version(self) -> int:
        return self.case.newest_version + 1


def change_list(case: Case, actor: Actor) -> ChangeList:
    """The sent requests on the newest version of `case`."""
    requests = list(
        ChangeRequest.objects.filter(case=case, version=case.newest_version, state=ChangeRequest.State.SENT)
        .select_related("author", "sent_by")
        .order_by("sent_at", "id")
    )
    items = ChangeItem.objects.filter(request__in=requests).select_related("request__author", "answered_by")
    order = Order.objects.filter(setups__case=case, setups__number=case.newest_version).first()
    if order:
        order.case = case
    item = open_import(order) if order else None
    return ChangeList(
        case=case,
        order=order,
        version=case.newest_version,
        lines=[ChangeLine.of(item) for item in items.order_by("request__sent_at", "request_id", "position", "id")],
        requests=requests,
        answers=Action.ANSWER_REQUESTS in actions_on(actor, case),
        plans=order is not None and may_plan(actor, order),
        import_id=item.pk if item else None,
    )
