"""How the cases of a view are read, and how many there are.

A planner cannot know how much a collaborator sees and chooses wrongly by hundreds of milliseconds, so the counters choose: *walk* the index
of the order and ask the policy of each row where much is visible, *gather* what is visible and sort it where little is.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from operator import itemgetter
from typing import Any, Final

from django.db.models import CharField, DateTimeField, Q, QuerySet
from django.db.models.lookups import In

from midline.cases.models import Case, CollaboratorStatus, Group, Turn
from midline.cases.policies import Anyone, Reader, cases_for, cases_gathered, cases_walked, visible_parts
from midline.cases.queries.asked import DERIVED, DERIVED_MOST, Asked, Unnamed
from midline.cases.queries.conditions import statuses_in, statuses_of, statuses_of_turn
from midline.cases.queries.names import FEW, newest, plain, search_condition, search_ids, search_of
from midline.cases.queries.names.words import Search
from midline.cases.queries.narrowing import form_of, is_kept, narrowed, values_of
from midline.cases.queries.reach import Reach, who
from midline.cases.queries.segments import ACTIVITY, EVERY, Segment, beside, group_of, segments
from midline.cases.queries.totals import Total, all_cases_by_status, counted, counting, guessed, sampled
from midline.core.prepared import Around, Slot, filled_up, is_one_of, prepared, stretches
from midline.core.probe import Beside
from midline.practices.models import Practice

# Who sees so few is always gathered; who sees more than √(12·N) of N walks. Measured: docs/performance.md.
ALWAYS_FEW: Final = 500
WALKING: Final = 12
# Beyond one visible case in so many, a walk collects who shares before it sets out.
SCATTERED: Final = 20
# What filters leave is collected and sorted up to here; where more is left, a walk meets it often enough.
FEW_LEFT: Final = 2_000
# So many statuses are read side by side, each in its own order; of more, few cases are passed over.
SIDE_BY_SIDE: Final = 3
# A search in more than WIDE_SEARCH begins at the index of names; in more than NARROW_SEARCH where it names fewer than RARE cases.
WIDE_SEARCH: Final = 20_000
NARROW_SEARCH: Final = 1_000
RARE: Final = 500
# A narrowed list is counted up to here; beyond, a sample of all cases says about how many.
COUNTED: Final = 1_000

Provider = int | Slot | None
Key = tuple[Any, int] | None


@dataclass(frozen=True)
class Reading:
    """A view and its reader. A view sorted by what too many rows would have to derive is read in its default order."""

    asked: Asked
    reach: Reach
    _chosen: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.asked.sort.lstrip("-") in DERIVED and self.total.cases > DERIVED_MOST:
            object.__setattr__(self, "asked", replace(self.asked, sort=Unnamed.of(self.asked.term)))

    @cached_property
    def chain(self) -> list[Segment]:
        """The segments in which the view can show anything."""
        return [segment for segment in segments(self.asked, self.reach) if self._statuses(segment)]

    @cached_property
    def _filters(self) -> Asked:
        """What narrows the view beside its tab, statuses and search."""
        return replace(self.asked, status=(), category=(), term="")

    @cached_property
    def is_plain(self) -> bool:
        """Whether the tab, the provider, statuses and an order are all that is asked for."""
        return not self.asked.term and not self._filters.narrows

    @cached_property
    def is_kept(self) -> bool:
        """Whether the statements of this view are composed once and come again with other values."""
        if not self.asked.term:
            return self._keeps_filters
        return self._keeps_filters and not self._is_wide(None) and plain.form_of(self._search) is not None

    @property
    def _keeps_filters(self) -> bool:
        return is_kept(self._filters) and self.reach.actor.user.is_active

    @property
    def _search(self) -> Search:
        return search_of(self.asked.term, self.reach)

    @cached_property
    def provider(self) -> int | None:
        """The provider whose cases alone can be shown: chosen, or the one to whom every chosen practice belongs."""
        if self.asked.provider is not None or not self.reach.is_collaborator or not self.asked.practice:
            return self.asked.provider
        size = len(filled_up(self.asked.practice))
        owners = prepared(("owners", size), lambda: Practice.objects.filter(is_one_of("id", "practice", size)).values_list("provider_id"))
        found = {row[0] for row in owners.rows(practice=filled_up(self.asked.practice))}
        return found.pop() if len(found) == 1 else None

    @cached_property
    def _only_searches(self) -> bool:
        """A search among few cases tests all of them; among many it begins at the index of names: nothing to count first."""
        return bool(self.asked.term) and not self._filters.narrows

    def rows(self, segment: Segment | None = None) -> QuerySet[Case]:
        """The cases of a segment, or of the whole view, in no order: the policy first, then what narrows it."""
        return self._rows(segment, self._statuses(segment), self.reach.actor, self.provider)

    def ids(self, segment: Segment, beyond: Key, *, backward: bool, limit: int) -> list[int]:
        """The ids of a segment in its order, beyond the key (value, id) if there is one."""
        if self._found is not None:
            return self._of_found(self._found, segment, beyond, backward=backward)[:limit]
        if self.asked.term and segment.column == "id" and self._is_wide(segment):
            return self._ids_of_search(segment, beyond, backward=backward, limit=limit)
        statuses = self._statuses(segment)
        if segment.column != ACTIVITY or not 1 < len(statuses) <= SIDE_BY_SIDE:
            return [row[0] for row in self._read(segment, statuses, beyond, backward=backward, limit=limit)]
        # Of few statuses each is read in its own order, and they are merged.
        found = [row for one in sorted(statuses) for row in self._read(segment, frozenset({one}), beyond, backward=backward, limit=limit)]
        found.sort(key=itemgetter(0), reverse=segment.id_descending is not backward)
        found.sort(key=itemgetter(1), reverse=segment.descending is not backward)
        return [row[0] for row in found[:limit]]

    def value_at(self, segment: Segment, pk: int) -> Any:
        """What the row `pk` is sorted by; None when it no longer stands in this segment."""
        statuses = self._statuses(segment)
        if not (self.is_kept and segment.form):
            return self.rows(segment).filter(pk=pk).values_list(segment.column, flat=True).first()

        def compose(reader: Reader, provider: Provider) -> QuerySet[Case, Any]:
            return self._rows(segment, statuses, reader, provider).filter(pk=Slot("pk")).values_list(segment.column)

        found = self._kept(("value",), segment, statuses, compose, pk=pk)
        return found[0][0] if found else None

    def _rows(self, segment: Segment | None, statuses: frozenset[str], reader: Reader, provider: Provider) -> QuerySet[Case]:
        rows = self._standing(self._visible(segment, statuses, reader, provider), segment, statuses, reader, provider)
        rows = narrowed(rows, self._filters, self.reach, reader)
        if self.asked.term:
            once = isinstance(reader, Anyone)
            rows = rows.filter(search_condition(self.asked.term, self.reach, wide=self._is_wide(segment), once=once))
        return rows

    def _standing(
        self, rows: QuerySet[Case], segment: Segment | None, statuses: frozenset[str], reader: Reader, provider: Provider
    ) -> QuerySet[Case]:
        """Of what the reader sees, what stands in the segment and the tab, before filters and search."""
        if statuses != EVERY:
            rows = rows.filter(self._stands_in(segment, statuses))
        if provider is not None:
            rows = rows.filter(provider_id=provider)
        if self.asked.group:
            rows = rows.filter(group_of(self.asked.group, self.reach).condition(reader))
        if segment is not None:
            rows = rows.annotate(**segment.computed(reader)) if segment.computed else rows
            if not self.asked.group or segment.group != self.asked.group:
                rows = rows.filter(segment.condition(reader))
        return rows.order_by()

    def _read(self, segment: Segment, statuses: frozenset[str], beyond: Key, *, backward: bool, limit: int) -> list[tuple[Any, ...]]:
        """The segment's cases in these statuses, in its order: ids, and the last activity where that is what sorts them."""
        order, few = segment.order(backward=backward), self._is_few or self._searches_few(segment)
        columns = ("pk", ACTIVITY) if segment.column == ACTIVITY else ("pk",)

        def compose(reader: Reader, provider: Provider, key: tuple[Any, Any] | None) -> QuerySet[Case, Any]:
            rows = self._rows(segment, statuses, reader, provider)
            if key is not None:
                rows = rows.filter(segment.beyond(*key, backward=backward))
            return rows.order_by(*map(beside, order) if few else order).values_list(*columns)[:limit]

        if not (self.is_kept and segment.form):
            return list(compose(self.reach.actor, self.provider, beyond))
        value, pk = beyond or (None, 0)
        slots = (Slot("value", DateTimeField() if segment.column == ACTIVITY else CharField()), Slot("pk")) if beyond else None
        what = (*order, few, bool(beyond), limit)
        return self._kept(what, segment, statuses, partial(compose, key=slots), value=value, pk=pk)

    def _kept(
        self,
        what: tuple[Hashable, ...],
        segment: Segment | None,
        statuses: frozenset[str],
        compose: Callable[[Reader, Provider], QuerySet[Case, Any] | Around],
        **values: Any,
    ) -> list[tuple[Any, ...]]:
        """The rows of a statement of this view, composed once; `what` names it among the statements of the segment."""
        one, workspace = self.provider is not None, self.reach.actor.workspace
        way, sought = self._way(segment, statuses), plain.form_of(self._search) if self.asked.term else None
        form = (segment.form if segment else "", statuses, way, self.asked.group, form_of(self._filters), sought)
        compose = partial(compose, Anyone(workspace), Slot("one_provider") if one else None)
        return prepared((what, form, workspace, one), compose).rows(**self._given, **values)

    @cached_property
    def _given(self) -> dict[str, Any]:
        """What is filled into the statements of this view."""
        given = {**who(self.reach.actor), **values_of(self._filters, self.reach), "one_provider": self.provider}
        return {**given, **plain.values_of(self._search)} if self.asked.term else given

    def _ids_of_search(self, segment: Segment, beyond: Key, *, backward: bool, limit: int) -> list[int]:
        """Newest first, or oldest first, straight from the index of names, in stretches of which the view's are taken."""
        falling = segment.id_descending is not backward
        pk = beyond[1] if beyond else (None if falling else 0)
        place = {"before" if falling else "after": pk}
        return newest(partial(self._of_view, segment), self.asked.term, self.reach, limit=limit, **place)

    def _of_view(self, segment: Segment | None, ids: list[int]) -> set[int]:
        """Which of these cases the view, or a segment of it, shows, its search aside."""
        statuses = self._statuses(segment)

        def compose(size: int, reader: Reader, provider: Provider) -> QuerySet[Case, Any]:
            rows = narrowed(self._standing(cases_for(reader), segment, statuses, reader, provider), self._filters, self.reach, reader)
            return rows.filter(is_one_of("pk", "ids", size) if size else Q(pk__in=ids)).values_list("pk")

        if not self._keeps_filters or (segment is not None and not segment.form):
            return {row[0] for row in compose(0, self.reach.actor, self.provider)}
        found: set[int] = set()
        for stretch in stretches(ids):
            what = ("of view", len(stretch))
            found |= {row[0] for row in self._kept(what, segment, statuses, partial(compose, len(stretch)), ids=stretch)}
        return found

    def _is_wide(self, segment: Segment | None) -> bool:
        """Whether a search begins at the index of names: so much is visible, or so few cases match."""
        if not self.reach.is_collaborator:
            return False
        seen = self._seen(self._statuses(segment))
        return seen > WIDE_SEARCH or (seen > NARROW_SEARCH and len(search_ids(self.asked.term, self.reach, RARE)) < RARE)

    @property
    def _found(self) -> list[int] | None:
        """What a search among few cases finds, whole and in its order: pages and number come from one reading. None where that is much."""
        known: dict[Asked, list[int] | None] = vars(self.reach).setdefault("found", {})
        view = self.asked.but()
        if view not in known:
            known[view] = None
            if len(self.chain) == 1 and self._searches_few(self.chain[0]):
                rows = self._read(self.chain[0], self._statuses(self.chain[0]), None, backward=False, limit=FEW + 1)
                known[view] = [row[0] for row in rows] if len(rows) <= FEW else None
        return known[view]

    def _of_found(self, found: list[int], segment: Segment, beyond: Key, *, backward: bool) -> list[int]:
        falling = segment.id_descending is not backward
        ids = found[::-1] if backward else found
        return [pk for pk in ids if beyond is None or (pk < beyond[1] if falling else pk > beyond[1])]

    # --- which cases can stand there --------------------------------------------------------------------------------

    def _statuses(self, segment: Segment | None) -> frozenset[str]:
        found = segment.statuses if segment else EVERY
        if self.asked.group:
            found &= group_of(self.asked.group, self.reach).statuses
        if self.asked.category:
            found &= {status for group in self.asked.category for status in statuses_of(Group(group))}
        if self.asked.turn:
            found &= {status for turn in self.asked.turn for status in statuses_of_turn(Turn(turn))}
        if self.asked.cstatus:
            found &= {status for one in self.asked.cstatus for status in statuses_in(CollaboratorStatus(one))}
        return found & set(self.asked.status) if self.asked.status else found

    def _stands_in(self, segment: Segment | None, statuses: frozenset[str]) -> Q:
        """One status is where the index of its order begins. Of several, SQLite would collect and sort everything instead.

        Beside days SQLite 3.40 even answers wrongly: with statistics, several statuses and a range of a descending column lose rows.
        """
        names = sorted(statuses)
        counts = segment is None and not (self.asked.active or self.asked.dated)
        return Q(status__in=names) if counts or len(names) == 1 else Q(In(Beside("status"), names))

    # --- walk or gather ---------------------------------------------------------------------------------------------

    @cached_property
    def _is_few(self) -> bool:
        """Whether filters leave so few cases that they are collected and sorted, or the order is no column's."""
        computed = any(segment.computed for segment in self.chain)
        if not computed and (self.is_plain or self._only_searches):
            return False
        return self.total.exact and self.total.cases <= max(FEW_LEFT, DERIVED_MOST if self.is_plain else 0)

    def _searches_few(self, segment: Segment) -> bool:
        """Whether names are looked through by number among cases that one index gives: walking in that order would read many others."""
        return segment.column == "id" and self._only_searches and not self._is_wide(segment)

    def _visible(self, segment: Segment | None, statuses: frozenset[str], reader: Reader, provider: Provider) -> QuerySet[Case]:
        match self._way(segment, statuses):
            case "gather" if self.reach.is_collaborator:
                return cases_gathered(reader, provider, sorted(statuses) if statuses != EVERY else (), segment.own if segment else None)
            case "scattered":
                return cases_walked(reader)
        return cases_for(reader)

    def _way(self, segment: Segment | None, statuses: frozenset[str]) -> str:
        """How a segment, or the whole view, is read: "walk", "scattered" (a walk past many cases of others) or "gather"."""
        if not self.reach.is_collaborator:
            return "gather" if segment is not None and self._is_few else "walk"
        if segment is not None and self._is_few:
            return "gather"
        if not self._walks(segment, statuses):
            return "gather"
        by_status = segment is not None and segment.column == ACTIVITY and len(statuses) == 1
        passed = self._passed(statuses if by_status else EVERY)
        return "scattered" if not self.is_plain or self._seen(statuses) * SCATTERED < passed else "walk"

    def _seen(self, statuses: frozenset[str]) -> int:
        """How many visible cases stand in `statuses`, from the counters."""
        return self.reach.count(sorted(statuses), self.provider)

    def _walks(self, segment: Segment | None, statuses: frozenset[str]) -> bool:
        key = (segment and segment.column, segment and segment.parts, statuses)
        if key not in self._chosen:
            seen = self._seen(statuses) // (segment.parts if segment else 1)
            by_status = segment is None or (segment.column == ACTIVITY and len(statuses) == 1)
            enough = seen**2 > WALKING * self._passed(statuses if by_status else EVERY)
            self._chosen[key] = seen > (ALWAYS_FEW if self.is_plain else WIDE_SEARCH) and enough
        return bool(self._chosen[key])

    def _passed(self, statuses: frozenset[str]) -> int:
        """How many cases a walk has among which to find the visible ones."""
        if self.provider is not None:
            return self._seen(statuses)
        totals = all_cases_by_status()
        return sum(totals.get(status, 0) for status in statuses)

    @cached_property
    def total(self) -> Total:
        """How many cases the view shows; a reach is read once a request, and remembers it."""
        known: dict[Asked, Total] = vars(self.reach).setdefault("totals", {})
        view = replace(self.asked.but(), sort="")
        if view not in known:
            known[view] = self._total()
        return known[view]

    def _total(self) -> Total:
        """Exact from the counters and where few are seen, else counted up to COUNTED, then about so many."""
        if not self.asked.term and not self._filters.narrows:
            return Total(self._counted_by_status(), True)
        if self._only_searches and self._found is not None:
            return Total(len(self._found), True)
        statuses = self._statuses(None)
        if self.asked.term and self._is_wide(None):
            known = search_ids(self.asked.term, self.reach)
            found = len(self._of_view(None, known))
            return Total(found, True) if len(known) < FEW else Total(guessed(known, found), False)
        if not self.reach.is_collaborator or self.provider is not None or not self._walks(None, statuses):
            return Total(self._number(), True)
        found = self._counted_up_to(COUNTED + 1, statuses)
        return Total(found, True) if found <= COUNTED else Total(self._sampled(), False)

    def _counted_by_status(self) -> int:
        if self.reach.is_collaborator and self.asked.group in {"evaluate", "progress"}:
            if self.asked.status or self.asked.category:
                return self._number()
            return self.reach.tab_counts(self.provider)[self.asked.group]
        return self._seen(self._statuses(None))

    def _number(self) -> int:
        """How many cases the view shows, counted."""
        statuses = self._statuses(None)
        if not self.is_kept:
            return self.rows().count()
        rows = self._kept(("number",), None, statuses, lambda *reader: counting(self._rows(None, statuses, *reader)))
        return counted(rows)

    def _counted_up_to(self, most: int, statuses: frozenset[str]) -> int:
        """Beginning at the grants, the first rows come from few providers: it stops there, however rare they are elsewhere."""
        if not self.is_kept:
            return self.rows()[:most].count()
        found = 0
        for number in range(2):
            if found < most:
                found += counted(self._kept(("up to", most, number), None, statuses, partial(self._part, number, statuses, most)))
        return min(found, most)

    def _part(self, number: int, statuses: frozenset[str], most: int, reader: Reader, provider: Provider) -> Around:
        """How many of one of the parts that a collaborator sees the view shows, up to `most`."""
        rows = narrowed(visible_parts(reader, provider)[number], self._filters, self.reach, reader)
        if statuses != EVERY:
            rows = rows.filter(self._stands_in(None, statuses))
        if self.asked.group:
            rows = rows.filter(group_of(self.asked.group, self.reach).condition(reader))
        return counting(rows, most)

    def _sampled(self) -> int:
        """About how many. The same view draws the same cases, so that its pages agree."""
        latest = cases_for(self.reach.actor).order_by("-pk").values_list("pk", flat=True)[0]
        view = f"{self.reach.actor.user_id} {self.asked.but(view=None).address()}"
        return max(COUNTED, sampled(view, latest, self._drawn))

    def _drawn(self, ids: list[int], size: int) -> int:
        """How many of these cases, `size` at most, the view shows."""
        if not self.is_kept:
            return self.rows().filter(pk__in=ids).count()
        statuses = self._statuses(None)

        def compose(reader: Reader, provider: Provider) -> Around:
            return counting(self._rows(None, statuses, reader, provider).filter(is_one_of("pk", "ids", size)))

        return counted(self._kept(("drawn", size), None, statuses, compose, ids=ids + [0] * (size - len(ids))))
