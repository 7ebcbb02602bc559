"""Change requests: proposed between provider and collaborators, sent to the lab, answered line by line."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from midline.activity import services as activity
from midline.cases.actions import Action
from midline.cases.models import Case, Order, Status
from midline.cases.policies import may
from midline.cases.services import case_touch, order_move
from midline.conversation.events import ChangesProposed, ItemAnswered
from midline.conversation.models import ChangeItem, ChangeRequest, Pin
from midline.core import clock
from midline.core.errors import NotAllowedNow, Refused
from midline.people.policies import Actor

PERMANENT: Final = frozenset(quadrant * 10 + unit for quadrant in (1, 2, 3, 4) for unit in range(1, 9))
PRIMARY: Final = frozenset(quadrant * 10 + unit for quadrant in (5, 6, 7, 8) for unit in range(1, 6))
TEETH: Final = PERMANENT | PRIMARY
LAST_STAGE: Final = 500
MOST: Final = {"mm": Decimal(15), "°": Decimal(90), "ipr": Decimal(1)}


@dataclass(frozen=True)
class Wanted:
    """One line of a change request: tooth (FDI), movement, amount (mm or °) and words.

    tooth_b: the other tooth of an IPR contact; stage: the stage before which (IPR), from which (attachment) or at which it is wanted;
    pin: the comment whose place on the model the line speaks of.
    """

    tooth: int | None = None
    movement: str = ChangeItem.Movement.OTHER
    amount: Decimal | None = None
    words: str = ""
    tooth_b: int | None = None
    stage: int | None = None
    pin: int | None = None

    def check(self) -> None:
        """Raises Refused with the field that no lab could act on."""
        for tooth in (self.tooth, self.tooth_b):
            if tooth is not None and tooth not in TEETH:
                raise Refused(_("There is no tooth %(tooth)s in FDI. Choose a tooth from the chart.") % {"tooth": tooth}, field="tooth")
        if self.movement not in ChangeItem.Movement.values:
            raise Refused(_("“%(movement)s” is no movement. Choose one from the list.") % {"movement": self.movement}, field="movement")
        self._check_contact()
        self._check_amount()
        if self.stage is not None and not 0 <= self.stage <= LAST_STAGE:
            words = _("There is no stage %(stage)s. Name one of the stages of this version.")
            raise Refused(words % {"stage": self.stage}, field="stage")
        if self.tooth is None and self.movement == ChangeItem.Movement.OTHER and not self.words.strip():
            raise Refused(_("A line of the change request is empty. Name a tooth, a movement or write words."), field="words")

    def _check_contact(self) -> None:
        if self.tooth_b is None:
            return
        if self.movement != ChangeItem.Movement.IPR:
            raise Refused(_("Only IPR lies between two teeth. Name one tooth for this movement."), field="tooth_b")
        if self.tooth is None or self.tooth == self.tooth_b or arch_of(self.tooth) != arch_of(self.tooth_b):
            raise Refused(_("IPR lies between two neighbouring teeth of one arch. Choose both from the list."), field="tooth_b")

    def _check_amount(self) -> None:
        if self.amount is None:
            return
        movement = ChangeItem.Movement(self.movement)
        if not movement.unit:
            raise Refused(_("%(movement)s takes no amount. Write it in words.") % {"movement": movement.label}, field="amount")
        most = MOST["ipr" if movement == ChangeItem.Movement.IPR else movement.unit]
        if not 0 < self.amount <= most:
            words = _("%(amount)s %(unit)s is no amount for this movement. Give more than 0 and at most %(most)s.")
            raise Refused(words % {"amount": self.amount, "unit": movement.unit, "most": most}, field="amount")


def arch_of(tooth: int) -> str:
    """upper or lower, of a permanent or primary tooth."""
    return "upper" if tooth // 10 in {1, 2, 5, 6} else "lower"


def _version_exists(case: Case, version: int) -> None:
    if not 1 <= version <= case.newest_version:
        raise NotAllowedNow(_("Case %(number)s has no version %(n)s.") % {"number": case.number, "n": version})


@transaction.atomic
def request_propose(*, case: Case, version: int, by: Actor, wanted: list[Wanted], words: str, key: UUID) -> ChangeRequest:
    """A proposed request: provider and collaborators see it, the lab does not, no status changes.

    Raises NotAllowedNow when the version was replaced meanwhile: nobody could send it any more.
    """
    if not may(by, Action.PROPOSE_CHANGES, case):
        raise PermissionDenied
    locked = Case.objects.select_for_update().get(pk=case.pk)
    if earlier := ChangeRequest.objects.filter(key=key, author=by.user, case=locked).first():
        return earlier
    _version_exists(locked, version)
    if version != locked.newest_version:
        raise NotAllowedNow(_("Version %(n)s was replaced while you were looking at it.") % {"n": version})
    request = _write(locked, version, by, wanted, words, key)
    case_touch(locked.pk)
    activity.record(ChangesProposed.of(locked, by, subject_kind="request", subject_id=request.pk, request_id=request.pk, version=version))
    return request


def _write(case: Case, version: int, by: Actor, wanted: list[Wanted], words: str, key: UUID) -> ChangeRequest:
    if ChangeRequest.objects.filter(key=key).exists():
        raise NotAllowedNow(_("This form was sent before. Reload the page."))
    if not wanted and not words.strip():
        raise Refused(_("Say what should change: add a line or write it in words."), field="words")
    for line in wanted:
        line.check()
    places = dict(Pin.objects.filter(comment__case=case, comment__deleted_at=None).values_list("comment_id", "pk"))
    if any(line.pin is not None and line.pin not in places for line in wanted):
        raise Refused(_("The pin of a line was taken back meanwhile. Remove the line, or write it without the pin."), field="pin")
    request = ChangeRequest.objects.create(
        case=case, version=version, author=by.user, workspace=by.workspace, words=words.strip()[:4000], at=clock.now(), key=key
    )
    ChangeItem.objects.bulk_create(
        ChangeItem(
            request=request,
            position=n,
            tooth=w.tooth,
            tooth_b=w.tooth_b,
            stage=w.stage,
            pin_id=places.get(w.pin or 0),
            movement=w.movement,
            amount=w.amount,
            words=w.words.strip()[:500],
        )
        for n, w in enumerate(wanted)
    )
    return request


@transaction.atomic
def request_withdraw(*, request: ChangeRequest, by: Actor) -> ChangeRequest:
    """The author takes a proposed request back; a sent one is the lab's."""
    locked = ChangeRequest.objects.select_for_update().select_related("case").get(pk=request.pk)
    if (locked.author_id, locked.workspace) != (by.user_id, by.workspace) or not may(by, Action.PROPOSE_CHANGES, locked.case):
        raise PermissionDenied
    if locked.state != ChangeRequest.State.PROPOSED:
        raise NotAllowedNow(_("This change request was sent to the lab meanwhile."))
    locked.state = ChangeRequest.State.WITHDRAWN
    locked.save(update_fields=["state"])
    return locked


@transaction.atomic
def requests_send(
    *, case: Case, version: int, by: Actor, wanted: list[Wanted], words: str, ticked: frozenset[int], key: UUID
) -> tuple[list[ChangeRequest], bool]:
    """Sends the sender's own request and every ticked proposed one: the decline, one act.

    The order returns to production; while the lab works on this version already, the request joins the open ones and no status changes.
    Returns the requests sent and whether they joined. Raises NotAllowedNow when the case has moved on.
    """
    locked = Case.objects.select_for_update().get(pk=case.pk)
    if not may(by, Action.DECLINE_SETUP, locked):
        raise PermissionDenied
    if earlier := list(ChangeRequest.objects.filter(key=key, author=by.user, case=locked)):
        return earlier, False
    joins = locked.status == Status.IN_PRODUCTION and locked.newest_version == version and version > 0
    if locked.awaiting_version != version and not joins:
        raise NotAllowedNow(_("Version %(n)s does not wait for a decision any more.") % {"n": version})
    proposed = ChangeRequest.objects.select_for_update().filter(
        case=locked, version=version, state=ChangeRequest.State.PROPOSED, pk__in=ticked
    )
    sent = list(proposed)
    if len(sent) != len(ticked):
        raise NotAllowedNow(_("One of the ticked change requests was sent or withdrawn meanwhile. Look at the list again."))
    if wanted or words.strip() or not sent:
        sent.append(_write(locked, version, by, wanted, words, key))
    now = clock.now()
    ids = [request.pk for request in sent]
    ChangeRequest.objects.filter(pk__in=ids).update(state=ChangeRequest.State.SENT, sent_at=now, sent_by=by.user)
    if not joins:
        order = Order.objects.get(case=locked, pk=locked.current_order_id or 0)
        order_move(order=order, event="send_changes", by=by, words=words.strip()[:500], version=version)
    else:
        case_touch(locked.pk)
    return list(ChangeRequest.objects.filter(pk__in=ids)), joins


@transaction.atomic
def item_answer(*, item: ChangeItem, answer: str, words: str, by: Actor) -> ChangeItem:
    """The lab answers one line: done, or not possible and why. NUL, which PostgreSQL keeps in no text, is no word."""
    words = words.replace("\0", "").strip()
    locked = ChangeItem.objects.select_for_update().select_related("request__case").get(pk=item.pk)
    case = locked.request.case
    if locked.request.state != ChangeRequest.State.SENT or not may(by, Action.ANSWER_REQUESTS, case):
        raise PermissionDenied
    if answer not in ChangeItem.Answer.values:
        raise Refused(_("“%(answer)s” is no answer. Choose Done or Not possible.") % {"answer": answer}, field="answer")
    if answer == ChangeItem.Answer.NOT_POSSIBLE and not words:
        raise Refused(_("Say why this change is not possible."), field="words")
    locked.answer, locked.answer_words = answer, words[:500]
    locked.answered_by, locked.answered_at = (by.user, clock.now()) if answer else (None, None)
    locked.save(update_fields=["answer", "answer_words", "answered_by", "answered_at"])
    told = {"request_id": locked.request_id, "item_id": locked.pk, "version": locked.request.version, "answer": answer}
    activity.record(ItemAnswered.of(case, by, subject_kind="request", subject_id=locked.request_id, **told))
    return locked
