"""What the technician's queue shows: orders by case number, without patients' names, with age against the promise."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from statistics import median
from typing import Final

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from midline.cases.actions import Action
from midline.cases.models import Case, CaseType, Order, RecordNeed, Status
from midline.cases.policies import cases_for
from midline.cases.queries import SLOT_LABELS
from midline.conversation.models import ChangeItem, ChangeRequest
from midline.core import clock
from midline.core.text import norm
from midline.people.policies import Actor
from midline.records.models import Upload
from midline.setups.models import SetupImport, SetupVersion
from midline.setups.queries import OPEN_IMPORT

SETUP_KINDS: Final = [kind for kind in CaseType if kind.uses_setups]
PAGE: Final = 100
_WITH_SETUP: Final = Q(kind__in=SETUP_KINDS)
_TAKEABLE: Final = Q(status=Status.SUBMITTED) & _WITH_SETUP
_TO_MAKE: Final = Q(status=Status.APPROVED) | (Q(status=Status.SUBMITTED) & ~_WITH_SETUP)


@dataclass(frozen=True)
class Age:
    """How long the lab has had an order. share: of the promise, 0–100; tone: lab, act from 80 %, stop when late."""

    share: int
    tone: str
    words: str
    due: str


@dataclass(frozen=True)
class Work:
    """What is to be done, as icon and words; detail beside it; open_changes: lines of the change request without an answer."""

    tone: str
    icon: str
    words: str
    detail: str
    open_changes: int = 0


@dataclass(frozen=True)
class QueueRow:
    order: Order
    case: Case
    work: Work
    age: Age
    whose: str
    mine: bool
    step: str
    """The act offered at the row: take, hand_over, start, ship, or none."""

    import_id: int | None = None
    import_words: str = ""
    """The import of this order that is on its way, and how far it is."""


@dataclass(frozen=True)
class QueueGroup:
    label: str
    tone: str
    note: str
    rows: list[QueueRow]


def orders_for(actor: Actor) -> QuerySet[Order]:
    """Every order that the lab has received, through the policy of its case."""
    return Order.objects.filter(case__in=cases_for(actor, Action.TAKE).order_by().values("pk"), submitted_at__isnull=False)


def tab_filters(actor: Actor) -> dict[str, Q]:
    """What each tab of the queue holds; the first is the one shown without a choice."""
    mine = Q(status=Status.IN_PRODUCTION, planner_id=actor.user_id, planner_workspace=actor.workspace)
    return {
        "all": _TAKEABLE | Q(status=Status.IN_PRODUCTION),
        "yours": mine,
        "waiting": _TAKEABLE,
        "records": Q(status=Status.RECORDS_NEEDED),
        "manufacturing": _TO_MAKE | Q(status=Status.IN_MANUFACTURING),
        "shipping": Q(status=Status.SHIPPED),
    }


def tab_counts(actor: Actor) -> dict[str, int]:
    """The number in each tab, in one query."""
    counts = {name: Count("pk", filter=rule) for name, rule in tab_filters(actor).items()}
    return orders_for(actor).aggregate(**counts)


def queue_orders(actor: Actor, tab: str, words: str = "") -> QuerySet[Order]:
    """The orders of a tab, rush first, then by age; `words` is a case number or a part of the provider's name."""
    rows = orders_for(actor).filter(tab_filters(actor)[tab])
    if words.strip():
        rows = rows.filter(Q(case__number__contains=words.strip()) | Q(case__clinician_norm__contains=norm(words)))
    return rows.select_related("case__provider__person", "case__practice", "planner").order_by("-rush", "submitted_at", "id")


def queue_rows(orders: Iterable[Order], actor: Actor) -> list[QueueRow]:
    """The rows of a page, in four queries more than the orders themselves."""
    found = list(orders)
    beside = _Beside.of(found)
    now = clock.now()
    return [_row(order, beside, actor, now) for order in found]


def queue_groups(rows: list[QueueRow], tab: str) -> list[QueueGroup]:
    """Rows under the headings of their tab; headings without rows are left out."""
    if tab == "all":
        taken = [row for row in rows if row.order.status == Status.IN_PRODUCTION]
        groups = [
            QueueGroup(_("Yours"), "lab", _("most urgent first"), [row for row in taken if row.mine]),
            QueueGroup(_("Not taken"), "idle", "", [row for row in rows if row.order.status != Status.IN_PRODUCTION]),
            QueueGroup(_("Taken by others"), "idle", "", [row for row in taken if not row.mine]),
        ]
    elif tab == "manufacturing":
        groups = [
            QueueGroup(_("To start"), "lab", "", [row for row in rows if row.order.status != Status.IN_MANUFACTURING]),
            QueueGroup(_("In manufacturing"), "lab", "", [row for row in rows if row.order.status == Status.IN_MANUFACTURING]),
        ]
    else:
        groups = [QueueGroup("", "", "", rows)]
    return [group for group in groups if group.rows]


def median_age_days(actor: Actor) -> float | None:
    """The median age of what is not published yet, in days; None when the queue is empty."""
    rows = orders_for(actor).filter(tab_filters(actor)["all"])
    now = clock.now()
    ages = [(now - _since(order)).total_seconds() / 86400 for order in rows.select_related("case")]
    return round(median(ages), 1) if ages else None


def _open_changes(case_ids: list[int]) -> dict[int, int]:
    sent = ChangeItem.objects.filter(
        request__case_id__in=case_ids,
        request__state=ChangeRequest.State.SENT,
        request__version=F("request__case__newest_version"),
        answer="",
    )
    return dict(sent.values_list("request__case_id").annotate(n=Count("pk")))


@dataclass(frozen=True)
class _Beside:
    """What stands in other tables, for a page of orders. declined: orders back at the lab with a published version."""

    open_changes: dict[int, int]
    declined: set[int]
    needs: dict[int, list[str]]
    imports: dict[int, SetupImport]

    @classmethod
    def of(cls, orders: list[Order]) -> "_Beside":
        ids = [order.pk for order in orders]
        published = SetupVersion.objects.filter(order_id__in=ids, published_at__isnull=False).values_list("order_id", flat=True)
        needs: dict[int, list[str]] = {}
        for order_id, slot in RecordNeed.objects.filter(order_id__in=ids, answered_at=None).values_list("order_id", "slot"):
            needs.setdefault(order_id, []).append(slot)
        imports = SetupImport.objects.filter(order_id__in=ids, state__in=OPEN_IMPORT).only("id", "order_id", "state", "number")
        changes = _open_changes([order.case_id for order in orders])
        return cls(changes, set(published), needs, {item.order_id: item for item in imports})


def _row(order: Order, beside: _Beside, actor: Actor, now: datetime) -> QueueRow:
    mine = (order.planner_id, order.planner_workspace) == (actor.user_id, actor.workspace)
    planner = order.planner
    item = beside.imports.get(order.pk)
    return QueueRow(
        order=order,
        case=order.case,
        work=_work(order, beside),
        age=age_of(_since(order), now, order.state),
        whose=planner.name if planner else "",
        mine=mine,
        step=_step(order, mine=mine),
        import_id=item.pk if item else None,
        import_words=f"v{item.number}: {SetupImport.State(item.state).label}" if item else "",
    )


def _step(order: Order, *, mine: bool) -> str:
    match order.state:
        case Status.SUBMITTED:
            return "take" if order.type.uses_setups else "start"
        case Status.IN_PRODUCTION:
            return "hand_over" if mine else ""
        case Status.APPROVED:
            return "start"
        case Status.IN_MANUFACTURING:
            return "ship"
    return ""


def _work(order: Order, beside: _Beside) -> Work:
    case = order.case
    arches = {"both": _("Both arches"), "upper": _("Upper arch"), "lower": _("Lower arch")}
    kind = "" if order.type is CaseType.ALIGNER else f"{order.type.label} {order.ordinal}"
    detail = kind or arches.get(str(order.prescription.get("arches", "")), str(order.type.label))
    match order.state:
        case Status.RECORDS_NEEDED:
            return Work("act", "file-warning", _("Records needed"), _needs(beside.needs.get(order.pk, [])))
        case Status.SUBMITTED | Status.IN_PRODUCTION if order.pk in beside.declined:
            version = _("version %(n)s") % {"n": case.newest_version}
            return Work("lab", "list-checks", _("Changes requested"), version, beside.open_changes.get(case.pk, 0))
        case Status.SUBMITTED | Status.IN_PRODUCTION if order.type.uses_setups:
            return Work("lab", "drafting-compass", _("New setup"), detail)
        case Status.SHIPPED:
            return Work("lab", "truck", _("Shipped"), order.tracking or detail)
        case Status.IN_MANUFACTURING:
            return Work("lab", "factory", _("In manufacturing"), detail)
    return Work("good", "circle-check", _("Ready to make"), detail)


def _needs(slots: list[str]) -> str:
    if len(slots) == 1:
        return str(SLOT_LABELS.get(slots[0], slots[0]))
    return ngettext("%(n)s record", "%(n)s records", len(slots)) % {"n": len(slots)}


def _since(order: Order) -> datetime:
    """When the lab last got this order: submitted, or sent back with changes, or approved."""
    if order.state in {Status.SUBMITTED, Status.IN_PRODUCTION} and order.case.status_detail != "changes":
        return order.submitted_at or order.created_at
    return order.status_since


def age_of(since: datetime, now: datetime, state: Status) -> Age:
    """The age against the promise of the lab (MIDLINE_LAB_PROMISE_DAYS). What waits for somebody else has an age but no due day."""
    promise = timedelta(days=settings.MIDLINE_LAB_PROMISE_DAYS)
    past = now - since
    share = max(0, min(100, round(100 * past / promise)))
    words = _age_words(past)
    if state in {Status.RECORDS_NEEDED, Status.SHIPPED}:
        return Age(share, "idle", words, "")
    left = promise - past
    if left < timedelta():
        late = max(1, -left // timedelta(days=1))
        return Age(100, "stop", words, ngettext("%(n)s day late", "%(n)s days late", late) % {"n": late})
    days = ceil(left / timedelta(days=1))
    due = _("Due today") if days <= 1 else ngettext("%(n)s day left", "%(n)s days left", days) % {"n": days}
    return Age(share, "act" if share >= 80 else "lab", words, due)


def _age_words(past: timedelta) -> str:
    if past < timedelta(hours=1):
        return _("%(n)s min") % {"n": max(0, int(past.total_seconds() // 60))}
    if past < timedelta(days=1):
        return _("%(n)s h") % {"n": int(past.total_seconds() // 3600)}
    return ngettext("%(n)s day", "%(n)s days", past.days) % {"n": past.days}


def unfinished_upload(order: Order, actor: Actor) -> Upload | None:
    """The ZIP of this person for this order that has partly come; the same file chosen again goes on from there."""
    rows = Upload.objects.filter(order=order, person=actor.user, workspace=actor.workspace, purpose="setup", offset__gt=0)
    return rows.filter(state=Upload.State.RECEIVING).order_by("-touched_at").first()
