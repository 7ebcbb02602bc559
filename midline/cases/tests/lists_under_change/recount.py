"""What every reader's list shows, worked out the plain way: all rows read, every case looked at, sorted by Python.

Written from the product's description alone. It knows no policy, no condition, no counter, no index of names and no copy that a case keeps
of its order or of a name; of the product it uses tables, the order of the values in its choices, and `norm`.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from midline.cases.models import Case, CaseType, CaseUnread, CollaboratorStatus, Order, ReadyMark, RecordNeed, Share, Status, Turn
from midline.cases.queries import Asked
from midline.collaboration.models import Collaboration
from midline.core.text import norm
from midline.core.workspace import Workspace
from midline.people.policies import Actor

# "Life cycle", the table.
ACTION: Final = {"draft", "records_needed", "awaiting_approval"}
CLOSED: Final = {"cancelled", "completed"}
LABS: Final = {"submitted", "in_production", "approved", "in_manufacturing"}
# "Collaborator status": no version awaits approval yet; a version was approved. A draft and a cancelled order have none.
COMING: Final = {"submitted", "records_needed", "in_production"}
APPROVED: Final = {"approved", "in_manufacturing", "shipped", "in_treatment", "completed"}
# Han, Kana and Hangul as a comparable name holds them.
UNSPACED: Final = ((0x1100, 0x11FF), (0x2E80, 0x9FFF), (0xA960, 0xA97F), (0xAC00, 0xD7FF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))


@dataclass
class Seen:
    """One case as one reader sees it. mine: the reader's collaboration; people: the number beside the case."""

    pk: int
    number: str
    provider: int
    status: str
    kind: str
    activity: datetime
    submitted: datetime | None
    patient: str
    clinician: str
    practice: tuple[str, int]
    needs: str
    people: int
    shown: str | None
    turn: str
    own: bool
    unread: int
    hidden: bool
    sharing: list[int] = field(default_factory=list)

    @property
    def group(self) -> str:
        return "closed" if self.status in CLOSED else "action" if self.status in ACTION else "progress"


class Recount:
    """Every table, read now."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.cases = list(Case.objects.select_related("patient", "practice", "provider__person"))
        self.orders: dict[int, list[Order]] = defaultdict(list)
        for order in Order.objects.order_by("pk"):
            self.orders[order.case_id].append(order)
        self.collaborations: dict[int, list[Collaboration]] = defaultdict(list)
        for row in Collaboration.objects.select_related("provider"):
            self.collaborations[row.provider_id].append(row)
        self.shared = set(Share.objects.filter(ended_at=None, gives=True).values_list("collaboration_id", "case_id"))
        self.marks = set(ReadyMark.objects.values_list("collaboration_id", "case_id", "version"))
        self.unread = {(row.person_id, row.case_id): row.count for row in CaseUnread.objects.all()}
        self.needs: dict[int, list[str]] = defaultdict(list)
        for order_id, kind in RecordNeed.objects.filter(answered_at=None).values_list("order_id", "kind"):
            self.needs[order_id].append(kind)

    # --- who sees what ----------------------------------------------------------------------------------------------

    def running(self, row: Collaboration) -> bool:
        """Invited or active, not past its end."""
        return row.state != "ended" and (row.ends_at is None or self.now < row.ends_at)

    def live(self, row: Collaboration) -> bool:
        return row.state == "active" and self.running(row) and row.provider.state == "confirmed"

    def shares(self, row: Collaboration, case: Case) -> bool:
        return row.provider_id == case.provider_id and (row.every_case or (row.pk, case.pk) in self.shared)

    def seen_by(self, reader: Actor) -> list[Seen]:
        """Every case that the reader sees, in no order."""
        if not reader.user.is_active:
            return []
        if reader.workspace is Workspace.PROVIDER:
            own = [c for c in self.cases if c.provider.person_id == reader.user_id and c.provider.state == "confirmed"]
            return [self._seen(case, reader, None) for case in own]
        found = []
        for case in self.cases:
            rows = [r for r in self.collaborations[case.provider_id] if r.person_id == reader.user_id]
            mine = next((row for row in rows if self.live(row) and self.shares(row, case)), None)
            if mine:
                found.append(self._seen(case, reader, mine))
        return found

    # --- how a case stands ------------------------------------------------------------------------------------------

    def current(self, case: Case) -> Order:
        """The order last begun that is not closed, else the last closed."""
        orders = self.orders[case.pk]
        unclosed = [order for order in orders if order.status not in CLOSED]
        return unclosed[-1] if unclosed else max(orders, key=lambda order: (order.closed_at, order.pk))

    def _seen(self, case: Case, reader: Actor, mine: Collaboration | None) -> Seen:
        order, sharing = self.current(case), [r for r in self.collaborations[case.provider_id] if self.shares(r, case)]
        evaluating = [row for row in sharing if self.live(row) and row.evaluates]
        awaits = order.status == "awaiting_approval"

        def ready(row: Collaboration) -> bool:
            planner = order.planner_workspace == Workspace.COLLABORATOR and order.planner_id == row.person_id
            return planner or (row.pk, case.pk, case.awaiting_version) in self.marks

        summed = self._status(order, evaluating, ready)
        turn = "provider" if order.status in ACTION else "lab" if order.status in LABS else "nobody"
        if awaits and summed == "evaluating":
            turn = "collaborator"
        shown = self._status(order, [mine], ready) if mine else summed
        kinds = self.needs[order.pk] if order.status == "records_needed" else []
        return Seen(
            pk=case.pk,
            number=case.number or "",
            provider=case.provider_id,
            status=order.status,
            kind=order.kind,
            activity=case.last_activity_at,
            submitted=case.submitted_at,
            patient=norm(case.patient.name) if case.patient else "",
            clinician=norm(case.provider.person.name),
            practice=(norm(case.practice.name), case.practice_id),
            needs="unusable" if "unusable" in kinds else "missing" if kinds else "",
            people=sum(self.running(row) for row in sharing),
            shown=shown,
            turn=turn,
            own=bool(awaits and mine.evaluates and shown == "evaluating") if mine else turn == "provider",
            unread=self.unread.get((reader.user_id, case.pk), 0),
            hidden=bool(mine and mine.hides_identity),
            sharing=[row.pk for row in sharing if self.running(row)],
        )

    def _status(self, order: Order, people: list[Collaboration], ready: Callable[[Collaboration], bool]) -> str | None:
        """Of those people together; an order on hold keeps what it held; retainer and replacement have no setups."""
        status = order.held_status if order.status == "on_hold" else order.status
        if not people or order.kind in {"retainer", "replacement"} or status in {"draft", "cancelled"}:
            return None
        if status == "awaiting_approval":
            return "ready" if all(ready(row) for row in people) else "evaluating"
        return "approved" if status in APPROVED else "awaiting"


# --- a view of what is seen ---------------------------------------------------------------------------------------------


def tabs(seen: list[Seen], reader: Actor) -> dict[str, int]:
    closed = sum(one.group == "closed" for one in seen)
    found = {"": len(seen), "closed": closed, "open": len(seen) - closed}
    first = "evaluate" if reader.workspace is Workspace.COLLABORATOR else "action"
    found[first] = sum(_tab(one, reader) == first for one in seen)
    return found | {"progress": len(seen) - closed - found[first]}


def view(asked: Asked, seen: list[Seen], reader: Actor, now: datetime) -> list[Seen]:
    """What the view shows, in its order."""
    shown = [one for one in seen if _matches(asked, one, reader, now)]
    sort = asked.sort if asked.sort.lstrip("-") else "-activity"
    if sort == "-activity":
        order = ["evaluate", "action", "progress", "closed"]
        whole = asked.group not in {"", "open"}
        return sorted(shown, key=lambda one: (0 if whole else order.index(_tab(one, reader)), -one.activity.timestamp(), one.pk))
    return _sorted(sort, shown, asked, reader)


def _tab(one: Seen, reader: Actor) -> str:
    if reader.workspace is Workspace.PROVIDER or one.group == "closed":
        return one.group
    return "evaluate" if one.own else "progress"


def _sorted(sort: str, shown: list[Seen], asked: Asked, reader: Actor) -> list[Seen]:
    """By the column, then by number, or by latest activity and number where a column has few values; turned round, exactly the reverse."""
    name, down = sort.lstrip("-"), sort.startswith("-")
    one_provider = reader.workspace is Workspace.PROVIDER or asked.provider is not None
    latest: Callable[[Seen], tuple[Any, ...]] = lambda one: (-one.activity.timestamp(), one.pk)  # noqa: E731
    keys: dict[str, Callable[[Seen], tuple[Any, ...]]] = {
        "number": lambda one: (one.number,),
        "patient": lambda one: (one.patient, one.number),
        "provider": lambda one: (one.clinician, one.number),
        "practice": lambda one: (one.practice if one_provider else one.practice[0], one.number),
        "activity": lambda one: (one.activity, -one.pk),
        "status": lambda one: (Status.values.index(one.status), *latest(one)),
        "type": lambda one: (CaseType.values.index(one.kind), -one.pk),
        "turn": lambda one: (Turn.values.index(one.turn), *latest(one)),
        "cstatus": lambda one: (CollaboratorStatus.values.index(one.shown) if one.shown else 9, *latest(one)),
        "people": lambda one: (one.people, one.pk),
        "unread": lambda one: (one.unread, one.pk) if one.unread else (0, one.activity.timestamp(), -one.pk),
    }
    named = [one for one in shown if not (name == "patient" and one.hidden)]
    hidden = [one for one in shown if name == "patient" and one.hidden]
    # Where identity is hidden, cases stand after all others by number, both ways.
    return sorted(named, key=keys[name], reverse=down) + sorted(hidden, key=lambda one: one.number)


def _matches(asked: Asked, one: Seen, reader: Actor, now: datetime) -> bool:
    tab = {"": True, "open": one.group != "closed"}.get(asked.group, asked.group == _tab(one, reader))
    filters = [
        not asked.category or one.group in asked.category,
        not asked.status or one.status in asked.status,
        not asked.records or one.needs in asked.records,
        not asked.type or one.kind in asked.type,
        not asked.practice or one.practice[1] in asked.practice,
        asked.provider is None or one.provider == asked.provider,
        not asked.cstatus or one.shown in asked.cstatus,
        not asked.turn or one.turn in asked.turn,
        not asked.collaborator or bool(set(asked.collaborator) & set(one.sharing)),
        not asked.unread or one.unread > 0,
        not asked.active or one.activity >= now - timedelta(days=asked.active),
        not asked.shared or (asked.collaboration in one.sharing) is (asked.shared == "yes"),
    ]
    return tab and all(filters) and all(_found(word, one) for word in norm(asked.term).split())


def _found(word: str, one: Seen) -> bool:
    """Names by any part of a word, by one or two letters its beginning (anywhere where words are not spaced); a number by its beginning,
    with and without its zero. Where identity is hidden, the number alone."""
    named = not one.hidden and any(_holds(name, word) for name in (one.patient, one.clinician))
    return named or (word.isdecimal() and any(number.startswith(word) for number in (one.number, one.number.removeprefix("0"))))


def _holds(name: str, word: str) -> bool:
    short = len(word) < 3 and not any(first <= ord(word[0]) <= last for first, last in UNSPACED)
    return any(part.startswith(word) for part in name.split()) if short else word in name
