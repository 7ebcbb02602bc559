"""Who works with whom in the benchmark: sizes and relations, the same for a number of cases at every run.

At 1,000,000 cases: 10,000 providers; **big** sees 2,000 providers by standing grant and 10,000 single cases of 1,000 more; **mid** 70
providers and 700 single cases; **sparse** one provider and 50 single cases. Smaller sizes scale all but sparse.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from random import Random
from typing import Final

SEED: Final = 20261122
ACTORS: Final = ("big", "mid", "sparse")
CASES_A_SINGLE: Final = 10
MENTOR_EVERY: Final = 3
PROVIDERS_A_MENTOR: Final = 30


@dataclass(frozen=True)
class Link:
    """A collaboration: person and provider by id; singles is how many cases are shared one by one, 0 for a standing grant."""

    provider: int
    person: int
    relation: str
    evaluates: bool
    singles: int = 0


@dataclass(frozen=True)
class Plan:
    """Ids from 1: provider n is person n; then the three actors, the staff (one a provider), the mentors.

    A case's order and patient have its id.
    """

    cases: int
    random: Random = field(default_factory=lambda: Random(SEED))

    @property
    def providers(self) -> int:
        return min(10_000, max(20, self.cases // 100))

    @property
    def mentors(self) -> int:
        return self.providers // PROVIDERS_A_MENTOR + 1

    @property
    def people(self) -> int:
        return 2 * self.providers + len(ACTORS) + self.mentors

    def person(self, actor: str) -> int:
        """The id of the person; "provider" is the one with the most cases."""
        return 1 if actor == "provider" else self.providers + 1 + ACTORS.index(actor)

    @cached_property
    def provider_of_case(self) -> list[int]:
        """By case, from case 1: provider 1 has one case in 50, provider 2 one in 200, the others about as many as each other."""
        rest = [0.5 + self.random.random() for _ in range(self.providers - 2)]
        share = (1 - 1 / 50 - 1 / 200) / sum(rest)
        weights = list(accumulate([1 / 50, 1 / 200, *(share * weight for weight in rest)]))
        return self.random.choices(range(1, self.providers + 1), cum_weights=weights, k=self.cases)

    @cached_property
    def links(self) -> list[Link]:
        """Every collaboration, the id of each its place from 1."""
        return [*self._of_actors(), *self._of_providers()]

    def _of_actors(self) -> Iterator[Link]:
        scaled = self.cases / 1_000_000
        wanted = {
            "big": (max(2, round(2_000 * scaled)), max(1, round(1_000 * scaled))),
            "mid": (max(1, round(70 * scaled)), max(1, round(70 * scaled))),
            "sparse": (1, 5),
        }
        for actor, (standing, single) in wanted.items():
            chosen = self.random.sample(range(3, self.providers + 1), min(standing + single, self.providers - 2))
            for place, provider in enumerate(chosen):
                singles = 0 if place < standing else CASES_A_SINGLE
                yield Link(provider, self.person(actor), "planning" if actor == "big" else "clinician", True, singles)

    def _of_providers(self) -> Iterator[Link]:
        """What makes a provider's own list real: an assistant each, who does not evaluate, and a mentor for each third."""
        first_staff = self.providers + len(ACTORS) + 1
        for provider in range(1, self.providers + 1):
            yield Link(provider, first_staff + provider - 1, "staff", False)
            if provider % MENTOR_EVERY == 1:
                yield Link(provider, first_staff + self.providers + provider // PROVIDERS_A_MENTOR, "mentor", True)

    @cached_property
    def single_cases(self) -> list[tuple[int, int]]:
        """(collaboration, case) of every single share."""
        wanted = {link.provider for link in self.links if link.singles}
        cases: dict[int, list[int]] = {provider: [] for provider in wanted}
        for case, provider in enumerate(self.provider_of_case, 1):
            if provider in wanted:
                cases[provider].append(case)
        pairs = []
        for number, link in enumerate(self.links, 1):
            if link.singles:
                own = cases[link.provider]
                pairs += [(number, case) for case in self.random.sample(own, min(link.singles, len(own)))]
        return pairs
