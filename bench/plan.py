"""The generated data: who works with whom, and their cases, the same for a number of cases at every run.

10,000 providers at every size from 10,000 cases on. **big** sees 2,000 of them by standing grant and 1 in 100 of all cases singly, of
250 more; **mid** 70 providers and 7 in 10,000 cases singly, of 70 more; **sparse** one provider, who has 53 in 100,000 of the cases, and
50 single cases of 25 more.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import accumulate
from random import Random
from typing import Final

from bench.data import DONE, WITH_SETUPS, CaseRow, GrantRow, MarkRow, PersonRow, PracticeRow, ProviderRow, ShareRow, UnreadRow
from bench.names import Names

SEED: Final = 20261122
PEOPLE: Final = ("big", "mid", "sparse")
# The shares of all cases that the first three providers have; the third is the one that sparse sees.
GREAT: Final = (1 / 50, 1 / 200, 53 / 100_000)
MENTOR_EVERY: Final = 3
PROVIDERS_A_MENTOR: Final = 30
# Of provider 1's cases, one in so many is shared one by one with a colleague.
COLLEAGUE_OF_CASES: Final = 20

FIRST: Final = datetime(2022, 11, 1, 8, tzinfo=UTC)
LAST: Final = datetime(2026, 11, 20, 18, tzinfo=UTC)
RECENT_SHARE: Final = 0.25
RECENT: Final = {"draft": 6, "submitted": 8, "records_needed": 8, "in_production": 14, "awaiting_approval": 16, "approved": 8,
                 "in_manufacturing": 10, "shipped": 8, "in_treatment": 14, "on_hold": 4, "cancelled": 4}  # fmt: skip
OLD: Final = {"draft": 1, "awaiting_approval": 0.5, "shipped": 0.5, "on_hold": 1, "in_treatment": 30, "cancelled": 7, "completed": 60}
TYPES: Final = {"aligner": 78, "revision": 8, "retainer": 10, "replacement": 4}
WITHOUT_SETUPS: Final = {"in_production": "submitted", "awaiting_approval": "in_manufacturing", "approved": "in_manufacturing"}
DETAILS: Final = {"draft": "step:2", "records_needed": "missing:lower_scan", "shipped": "tracking"}
SEXES: Final = ("female", "male", "other", "")
BEFORE_SETUPS: Final = frozenset({"draft", "submitted", "records_needed"})
READY_OF_AWAITING: Final = 4
UNREAD_OF_CASES: Final = 100


@dataclass(frozen=True)
class Generated:
    """Ids from 1: provider n; people are the three actors, one assistant a provider, the mentors, and a colleague of provider 1."""

    size: int

    @property
    def name(self) -> str:
        return f"seed {SEED}, {self.size} cases"

    @property
    def provider_count(self) -> int:
        return 10_000 if self.size >= 10_000 else max(20, self.size // 5)

    @property
    def _mentors(self) -> int:
        return self.provider_count // PROVIDERS_A_MENTOR + 1

    @property
    def _people(self) -> int:
        return len(PEOPLE) + self.provider_count + self._mentors + 1

    # --- people -----------------------------------------------------------------------------------------------------

    @cached_property
    def _provider_names(self) -> list[tuple[str, str]]:
        return Names(SEED + 1).clinicians(self.provider_count)

    def providers(self) -> Iterator[ProviderRow]:
        for n, name in enumerate(self._provider_names, 1):
            yield ProviderRow(n, *name)

    def practices(self) -> Iterator[PracticeRow]:
        for n, (_first, last) in enumerate(self._provider_names, 1):
            yield PracticeRow(2 * n - 1, n, f"{last} Dental {n}")
            yield PracticeRow(2 * n, n, f"{last} Orthodontics {n}")

    def people(self) -> Iterator[PersonRow]:
        for n, name in enumerate(Names(SEED + 4).clinicians(self._people), 1):
            yield PersonRow(n, *name, PEOPLE[n - 1] if n <= len(PEOPLE) else "")

    # --- cases ------------------------------------------------------------------------------------------------------

    @cached_property
    def _owners(self) -> list[int]:
        """The provider of each case: provider 1 has one case in 50, provider 2 one in 200, most others about as many as each other."""
        draw = Random(SEED)
        rest = [0.5 + draw.random() for _ in range(self.provider_count - len(GREAT))]
        share = (1 - sum(GREAT)) / sum(rest)
        weights = list(accumulate([*GREAT, *(share * weight for weight in rest)]))
        return draw.choices(range(1, self.provider_count + 1), cum_weights=weights, k=self.size)

    @cached_property
    def _states(self) -> list[tuple[str, str]]:
        """Case type and status of each case: a quarter is recent and open in every state, the rest mostly in treatment or completed."""
        draw, recent = Random(SEED + 7), round(self.size * RECENT_SHARE)
        statuses = draw.choices(list(OLD), list(OLD.values()), k=self.size - recent)
        statuses += draw.choices(list(RECENT), list(RECENT.values()), k=recent)
        kinds = draw.choices(list(TYPES), list(TYPES.values()), k=self.size)
        return [(kind, status if kind in WITH_SETUPS else WITHOUT_SETUPS.get(status, status))
                for kind, status in zip(kinds, statuses, strict=True)]  # fmt: skip

    def cases(self) -> Iterator[CaseRow]:
        """The oldest first: the older, the longer quiet when closed."""
        draw, names, born = Random(SEED + 3), Names(SEED + 2).each(), date(2016, 1, 1)
        for n, (owner, (kind, status)) in enumerate(zip(self._owners, self._states, strict=True), 1):
            first_name, last_name = next(names)
            created = FIRST + (LAST - FIRST) * ((n - 1) / self.size)
            quiet = (LAST - created) * draw.random() if status in {"cancelled", "completed"} else timedelta(days=draw.expovariate(1 / 20))
            yield CaseRow(
                case=n,
                provider=owner,
                practice=2 * owner - (n * 17 % 4 > 0),
                first_name=first_name,
                last_name=last_name,
                birth_on=born - timedelta(days=n * 7919 % 20_000),
                sex=SEXES[n * 31 % 7 % 4],
                case_type=kind,
                type_detail="1" if kind in {"revision", "replacement"} else ("both", "both", "upper", "lower")[n % 4],
                status=status,
                held_status=("in_production" if kind in WITH_SETUPS else "submitted") if status == "on_hold" else "",
                status_detail=DETAILS.get(status, ""),
                newest_version=0 if status in BEFORE_SETUPS or kind not in WITH_SETUPS else 1 + (n % 3 == 0),
                created_at=created,
                last_activity_at=max(created, LAST - quiet),
            )

    # --- who sees what ----------------------------------------------------------------------------------------------

    @cached_property
    def _links(self) -> list[tuple[GrantRow, int]]:
        """Every collaboration, with how many cases it shares one by one (0: a standing grant)."""
        found = [*self._of_actors(), *self._of_providers()]
        return [(GrantRow(n, provider, person, relation, evaluates, not singles), singles)
                for n, (provider, person, relation, evaluates, singles) in enumerate(found, 1)]  # fmt: skip

    def _of_actors(self) -> Iterator[tuple[int, int, str, bool, int]]:
        providers, draw = self.provider_count, Random(SEED + 5)
        # How many standing grants, and how many single cases of how many providers.
        wanted = {
            "big": (providers // 5, max(1, self.size // 100), providers // 40),
            "mid": (max(1, providers * 7 // 1000), max(1, self.size * 7 // 10_000), max(1, providers * 7 // 1000)),
            "sparse": (1, 50, 25),
        }
        having = Counter(self._owners)
        for person, (actor, (standing, cases, owners)) in enumerate(wanted.items(), 1):
            owners = min(owners, cases)
            whole = [3] if actor == "sparse" else draw.sample(range(4, providers + 1), min(standing, providers - 3))
            for provider in whole:
                yield provider, person, "planning" if actor == "big" else "clinician", True, 0
            each, taken = -(-cases // owners), set(whole)
            others = [one for one in range(4, providers + 1) if one not in taken and having[one] >= min(each, 2)]
            for provider in draw.sample(others, min(owners, len(others))):
                yield provider, person, "planning" if actor == "big" else "clinician", True, each

    def _of_providers(self) -> Iterator[tuple[int, int, str, bool, int]]:
        """What makes a provider's own list real: an assistant each, who does not evaluate, a mentor for each third, and for provider 1,
        whose list is measured, a colleague with single cases."""
        before_staff = len(PEOPLE)
        before_mentors = before_staff + self.provider_count
        for provider in range(1, self.provider_count + 1):
            yield provider, before_staff + provider, "staff", False, 0
            if provider % MENTOR_EVERY == 1:
                yield provider, before_mentors + 1 + provider // PROVIDERS_A_MENTOR, "mentor", True, 0
        yield 1, self._people, "clinician", True, max(1, self.size // 50 // COLLEAGUE_OF_CASES)

    def grants(self) -> Iterator[GrantRow]:
        return (row for row, _singles in self._links)

    @cached_property
    def _shares(self) -> list[ShareRow]:
        wanted = {row.provider for row, singles in self._links if singles}
        cases: dict[int, list[int]] = {provider: [] for provider in wanted}
        for case, provider in enumerate(self._owners, 1):
            if provider in wanted:
                cases[provider].append(case)
        found, draw = [], Random(SEED + 6)
        for row, singles in self._links:
            if singles:
                own = cases[row.provider]
                found += [ShareRow(row.grant, case) for case in draw.sample(own, min(singles, len(own)))]
        return found

    def shares(self) -> Iterator[ShareRow]:
        return iter(self._shares)

    @cached_property
    def _standing(self) -> dict[int, list[GrantRow]]:
        """The standing grants of the three measured people, by provider."""
        found: dict[int, list[GrantRow]] = {}
        for row, singles in self._links:
            if row.person <= len(PEOPLE) and not singles:
                found.setdefault(row.provider, []).append(row)
        return found

    def marks(self) -> Iterator[MarkRow]:
        """One awaiting case in four is held ready by those of the three who see it by standing grant."""
        for case, (owner, (_kind, status)) in enumerate(zip(self._owners, self._states, strict=True), 1):
            if status == "awaiting_approval" and case % READY_OF_AWAITING == 0:
                for grant in self._standing.get(owner, ()):
                    yield MarkRow(grant.grant, case)

    def unread(self) -> Iterator[UnreadRow]:
        """Of one case in a hundred comments are unread, by those of the three who see it by standing grant and by provider 1."""
        for case in range(UNREAD_OF_CASES, self.size + 1, UNREAD_OF_CASES):
            owner = self._owners[case - 1]
            if owner == 1:
                yield UnreadRow(None, case, 1 + case % 3)
            for grant in self._standing.get(owner, ()):
                yield UnreadRow(grant.person, case, 1 + case % 3)


def approved_version(row: CaseRow) -> int | None:
    """The version that was approved: a case that is beyond the approval has one."""
    return row.newest_version or None if row.status in DONE and row.case_type in WITH_SETUPS else None
