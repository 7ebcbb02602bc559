"""Which lists are measured: for each actor and view the address that the portal is asked for, and the same in the floor's words."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from bench.data import Facts
from bench.floors import EXPORT_SECONDS, LIVE, STATUSES, Driver, Floor, Stretch, Wanted

ACTION: Final = ("draft", "records_needed", "awaiting_approval")
CLOSED: Final = ("cancelled", "completed")
OPEN: Final = tuple(status for status in STATUSES if status not in CLOSED)
PROGRESS: Final = tuple(status for status in OPEN if status not in ACTION)
TYPES: Final = ("aligner", "revision", "retainer", "replacement")
ACTIVITY: Final = ("last_activity_at DESC", "id")
NEWEST: Final = ("id DESC",)
DAYS: Final = 30
LISTS: Final = {"provider": "/provider/orders/"}
SHARED_LIST: Final = "/collaborator/cases/"
EXPORTED: Final = 100_000

SORTS: Final = {
    f"sort_{name}{'_down' if down else ''}": f"{'-' if down else ''}{name}"
    for name in ("number", "patient", "provider", "practice", "activity", "status", "type")
    for down in (False, True)
    if (name, down) != ("activity", True)
}
# Sorted by what is derived for the reader: no floor is written for these, and they sort while at most 20,000 cases match.
DERIVED: Final = {
    "sort_turn": "turn",
    "sort_cstatus": "cstatus",
    "sort_unread": "-unread",
    "sort_unread_up": "unread",
    "sort_people": "-people",
}
SEARCHES: Final = ("search_rare", "search_common", "search_one", "search_two", "search_number")
# The most telling first: when the time is up, the rest is missing.
VIEWS: Final = (
    "default", "status", "sort_patient", "search_rare", "search_common", "last_page", "counts", "deep", "dashboard", "tab", "category",
    "cstatus", "turn", "unread", "type", "practice", "provider", "collaborator", "dates", "dates_between", "search_two", "search_one",
    "search_number", *(name for name in SORTS if name != "sort_patient"), *DERIVED, "export",
)  # fmt: skip
# Which views an actor has: a collaborator filters by provider, a provider by collaborator; one export of each is enough; the dashboard of
# a collaborator is the list.
ONLY: Final = {
    "provider": {"big", "mid", "sparse"}, "collaborator": {"provider"}, "export": {"provider", "big"},
    "dashboard": {"provider"}, **{view: {"provider", "mid", "sparse"} for view in DERIVED},
}  # fmt: skip
ADMIN_VIEWS: Final = ("default", "status", "sort_patient", "search_rare", "search_common", "last_page")


def has(actor: str, view: str) -> bool:
    return actor in ONLY.get(view, {actor})


@dataclass(frozen=True)
class Place:
    """One actor on one view. `query` stands behind the list's address; `typed` is sent to the search box first; `page` is another page."""

    query: str = ""
    typed: str = ""
    page: str = ""
    wanted: Wanted | None = None


class Places:
    """The places of one database. Ids that a view needs are looked up once, by the floor."""

    def __init__(self, facts: Facts, floor: Floor) -> None:
        self.facts, self.floor = facts, floor

    def of(self, actor: str, view: str) -> Place:
        """Raises ValueError for a view that nobody has."""
        if view in {"counts", "dashboard"}:
            return Place(page=view)
        if view in DERIVED:
            return Place(f"sort={DERIVED[view]}")
        if view in SORTS:
            return self._sorted(actor, SORTS[view])
        if view in SEARCHES:
            return self._searched(actor, view)
        made: dict[str, Callable[[str], Place]] = {
            "default": lambda who: Place(wanted=Wanted(self._groups(who), ACTIVITY)),
            "last_page": lambda who: Place("last=1", wanted=Wanted(self._groups(who), ACTIVITY, backward=True)),
            "export": lambda who: Place(page="export", wanted=Wanted(self._groups(who), ACTIVITY)),
            "tab": lambda who: Place("group=progress", wanted=Wanted(self._groups(who)[1:2], ACTIVITY)),
            "category": lambda who: self._narrowed(who, "category=progress", statuses=PROGRESS),
            "status": lambda who: self._narrowed(who, "status=in_production", statuses=("in_production",)),
            "type": lambda who: self._narrowed(who, "type=revision", "c.case_type = 'revision'"),
            "cstatus": lambda who: self._narrowed(who, "cstatus=evaluating", self._evaluating(who), statuses=("awaiting_approval",)),
            "turn": lambda who: self._narrowed(who, "turn=collaborator", self._evaluating("provider"), statuses=("awaiting_approval",)),
            "unread": self._unread,
            "practice": self._of_practice,
            "provider": self._of_provider,
            "collaborator": self._of_collaborator,
            "dates": self._of_days,
            "dates_between": self._between_days,
            "deep": self._deep,
        }
        if view not in made:
            raise ValueError(f"No view is called {view!r}: name one of {', '.join(VIEWS)}.")
        return made[view](actor)

    # --- groups -----------------------------------------------------------------------------------------------------

    def _groups(self, actor: str) -> tuple[Stretch, ...]:
        if actor == "provider":
            return Stretch(ACTION), Stretch(PROGRESS), Stretch(CLOSED)
        mine = self._evaluate(actor)
        rest = f"(c.status <> 'awaiting_approval' OR NOT {mine})"
        return Stretch(("awaiting_approval",), mine), Stretch(OPEN, rest), Stretch(CLOSED)

    def _evaluate(self, actor: str) -> str:
        """What waits for this collaborator: they evaluate, and neither hold the version ready nor planned it."""
        return self._not_ready(f"g.person_id = {self.facts.actors[actor][0]} AND g.evaluates")

    def _evaluating(self, actor: str) -> str:
        """As the column says: for the provider somebody who evaluates, for a collaborator the reader, still does."""
        who = "g.evaluates" if actor == "provider" else f"g.person_id = {self.facts.actors[actor][0]}"
        return self._not_ready(who)

    def _not_ready(self, who: str) -> str:
        return (
            "(c.case_type IN ('aligner', 'revision') AND EXISTS (SELECT 1 FROM collaboration_collaboration g "
            f"WHERE {who} AND g.provider_id = c.provider_id AND {LIVE} AND (g.every_case OR EXISTS (SELECT 1 FROM cases_share s "
            "WHERE s.case_id = c.id AND s.collaboration_id = g.id AND s.ended_at IS NULL AND s.gives)) AND NOT EXISTS (SELECT 1 "
            "FROM cases_readymark m WHERE m.case_id = c.id AND m.version = c.awaiting_version AND m.collaboration_id = g.id) "
            "AND NOT EXISTS (SELECT 1 FROM cases_order o WHERE o.id = c.current_order_id AND o.planner_id = g.person_id "
            "AND o.planner_workspace = 'collaborator')))"
        )

    # --- filters ----------------------------------------------------------------------------------------------------

    def _narrowed(self, actor: str, query: str, condition: str = "", statuses: tuple[str, ...] = STATUSES, owner: int = 0) -> Place:
        kept = [replace(one, statuses=tuple(s for s in one.statuses if s in statuses)) for one in self._groups(actor)]
        return Place(query, wanted=Wanted(tuple(one for one in kept if one.statuses), ACTIVITY, owner, condition))

    def _driven(self, place: Place, tables: str, condition: str) -> Place:
        assert place.wanted is not None
        return replace(place, wanted=replace(place.wanted, driver=Driver(tables, condition)))

    def _unread(self, actor: str) -> Place:
        mine = f"u.person_id = {self.facts.actors[actor][0]} AND u.count > 0"
        place = self._narrowed(actor, "unread=1", f"EXISTS (SELECT 1 FROM cases_caseunread u WHERE u.case_id = c.id AND {mine})")
        return self._driven(place, "cases_caseunread u CROSS JOIN cases_case c", f"c.id = u.case_id AND {mine}")

    def _provider_seen(self, actor: str) -> int:
        """A provider of whom the actor sees much."""
        person, provider = self.facts.actors[actor]
        if provider:
            return provider
        standing = f"SELECT g.provider_id FROM collaboration_collaboration g WHERE g.person_id = {person} AND {LIVE}"
        rows = self.floor.run(f"{standing} ORDER BY g.every_case DESC, g.provider_id LIMIT 1")
        return int(rows[0][0]) if rows else 0

    def _of_provider(self, actor: str) -> Place:
        provider = self._provider_seen(actor)
        return self._narrowed(actor, f"provider={provider}", owner=provider)

    def _of_practice(self, actor: str) -> Place:
        provider = self._provider_seen(actor)
        rows = self.floor.run(f"SELECT id FROM practices_practice WHERE provider_id = {provider} ORDER BY position, id LIMIT 1")
        practice = rows[0][0] if rows else 0
        return self._narrowed(actor, f"practice={practice}", f"c.practice_id = {practice}", owner=provider)

    def _of_collaborator(self, actor: str) -> Place:
        """The provider's collaborator with single cases; without any, one who sees every case."""
        mine = f"FROM collaboration_collaboration g WHERE g.provider_id = {self._provider_seen(actor)} AND {LIVE}"
        grant, every_case = (*self.floor.run(f"SELECT g.id, g.every_case {mine} ORDER BY g.every_case, g.id DESC LIMIT 1"), (0, False))[0]
        if every_case:
            return self._narrowed(actor, f"collaborator={grant}")
        shared = f"s.collaboration_id = {grant} AND s.ended_at IS NULL AND s.gives"
        exists = f"EXISTS (SELECT 1 FROM cases_share s WHERE s.case_id = c.id AND {shared})"
        place = self._narrowed(actor, f"collaborator={grant}", exists)
        return self._driven(place, "cases_share s CROSS JOIN cases_case c", f"c.id = s.case_id AND {shared}")

    def _of_days(self, actor: str) -> Place:
        since = (self.facts.now - timedelta(days=DAYS)).replace(tzinfo=None)
        return self._narrowed(actor, f"active={DAYS}", f"c.last_activity_at >= '{self._moment(since)}'")

    def _between_days(self, actor: str) -> Place:
        """The month that ended 30 days ago, in UTC, the time zone of everybody here."""
        last = self.facts.now.date() - timedelta(days=DAYS)
        first = last - timedelta(days=DAYS)
        since, until = (datetime.combine(day, datetime.min.time()) for day in (first, last + timedelta(days=1)))
        condition = f"c.last_activity_at >= '{self._moment(since)}' AND c.last_activity_at < '{self._moment(until)}'"
        return self._narrowed(actor, f"active_from={first}&active_to={last}", condition)

    def _moment(self, value: Any) -> str:
        return str(value) if self.floor.engine == "sqlite" else f"{value}+00"

    # --- sorts, pages -----------------------------------------------------------------------------------------------

    def _sorted(self, actor: str, sort: str) -> Place:
        down, name = sort.startswith("-"), sort.lstrip("-")
        whole = (Stretch(),)
        if name in {"status", "type"}:
            values = STATUSES[::-1] if down else STATUSES
            by_status = tuple(Stretch((value,)) for value in values)
            by_type = tuple(Stretch(condition=f"c.case_type = '{value}'") for value in (TYPES[::-1] if down else TYPES))
            if name == "status":
                return Place(f"sort={sort}", wanted=Wanted(by_status, _turned(ACTIVITY) if down else ACTIVITY))
            return Place(f"sort={sort}", wanted=Wanted(by_type, _turned(NEWEST) if down else NEWEST))
        columns = {
            "number": ("id",), "patient": ("patient_norm", "id"), "provider": ("clinician_norm", "id"),
            "practice": ("practice_norm", "id"), "activity": ("last_activity_at", "id DESC"),
        }[name]  # fmt: skip
        if name == "provider" and actor == "provider":
            columns = ("id",)
        return Place(f"sort={sort}", wanted=Wanted(whole, _turned(columns) if down else columns))

    def _deep(self, actor: str) -> Place:
        """The page after the case in the middle of the reader's list by patient."""
        wanted = Wanted((Stretch(),), ("patient_norm", "id"))
        seen = f"SELECT c.patient_norm, c.id FROM cases_case c WHERE {self.floor.seen(actor)}"
        rows = self.floor.run(f"SELECT count(*) FROM ({seen}) c", EXPORT_SECONDS)
        middle = max(0, int(rows[0][0]) // 2 - 1)
        name, pk = self.floor.run(f"{seen} ORDER BY c.patient_norm, c.id LIMIT 1 OFFSET {middle}", EXPORT_SECONDS)[0]
        quoted = str(name).replace("'", "''")
        return Place(f"sort=patient&after=0-{pk}", wanted=replace(wanted, beyond=f"(c.patient_norm, c.id) > ('{quoted}', {pk})"))

    # --- search -----------------------------------------------------------------------------------------------------

    def _searched(self, actor: str, view: str) -> Place:
        """What was searched for comes in one list, the newest first."""
        term = self.facts.terms[view]
        quoted = term.replace("'", "''")
        if view == "search_number":
            after = quoted[:-1] + chr(ord(quoted[-1]) + 1)
            return Place(typed=term, wanted=Wanted((Stretch(),), NEWEST, condition=f"c.number >= '{quoted}' AND c.number < '{after}'"))
        short = len(term) < 3
        parts = [f"(' ' || c.{name}) LIKE '% {quoted}%'" if short else f"c.{name} LIKE '%{quoted}%'"
                 for name in ("patient_norm", "clinician_norm")]  # fmt: skip
        place = Place(typed=term, wanted=Wanted((Stretch(),), NEWEST, condition=f"({' OR '.join(parts)})"))
        if len(term) == 1 or self.floor.run(f"SELECT 1 FROM cases_case c WHERE {parts[1]} LIMIT 1", EXPORT_SECONDS):
            return place
        if short:
            return self._driven(place, "bench_words f CROSS JOIN cases_case c", f"f.word = '{quoted}' AND c.id = f.id")
        if self.floor.engine == "sqlite":
            return self._driven(place, "bench_names f CROSS JOIN cases_case c", f"bench_names MATCH '\"{quoted}\"' AND c.id = f.rowid")
        names = f"(SELECT id FROM bench_names WHERE patient_norm LIKE '%{quoted}%' OFFSET 0) f"
        return self._driven(place, f"{names} CROSS JOIN cases_case c", "c.id = f.id")


def _turned(order: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one.removesuffix(" DESC") if one.endswith(" DESC") else f"{one} DESC" for one in order)
