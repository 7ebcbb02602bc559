"""Choosing among many: the Provider drop-down and the practices of the Collaborator Dashboard, fetched when they are opened.

A collaborator of 2,000 providers would carry them all in every page; so the page names what is chosen, and the rest is looked up.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from django.utils.translation import gettext as _

from midline.cases.queries import Asked, Reach
from midline.core.text import norm
from midline.practices.models import Practice

MOST: Final = 50
# Fewer than these are seen at a glance: no field to search in.
GLANCE: Final = 8


@dataclass(frozen=True)
class Choice:
    """One line of a drop-down. url: the view with it chosen; value: what a box of this line is sent as."""

    label: str
    count: int | None
    url: str = ""
    about: str = ""
    chosen: bool = False
    value: int = 0


def provider_choice(asked: Asked, reach: Reach) -> Choice:
    """What the drop-down says while it is closed: one provider with the number of cases, or how many providers there are."""
    one = reach.collaborations(asked.provider).select_related("provider__person").first() if asked.provider else None
    if one is None:
        return Choice(_("All providers"), reach.collaborations().count())
    return Choice(one.provider.name, reach.counts(one.provider_id).all, chosen=True)


@dataclass(frozen=True)
class Providers:
    """The drop-down opened: all, then the providers by name whose name holds every word; `more` are not shown."""

    rows: Sequence[Choice]
    more: int
    searched: bool
    every: Choice

    @classmethod
    def of(cls, asked: Asked, reach: Reach, words: str) -> Self:
        parts = norm(words).split()
        found = [c for c in reach.live if all(part in norm(c.provider.name) for part in parts)]
        shown = found[:MOST]
        practices: dict[int, list[str]] = defaultdict(list)
        for provider_id, name in (
            Practice.objects.filter(provider_id__in=[c.provider_id for c in shown])
            .order_by("position", "id")
            .values_list("provider_id", "name")
        ):
            practices[provider_id].append(name)
        rows = [
            Choice(
                c.provider.name,
                reach.provider_counts.get(c.provider_id, 0),
                asked.address(provider=c.provider_id, practice=()),
                ", ".join(practices[c.provider_id]),
                c.provider_id == asked.provider,
            )
            for c in shown
        ]
        total = sum(reach.provider_counts.values())
        every = Choice(_("All providers"), total, asked.address(provider=None), chosen=asked.provider is None)
        return cls(rows, len(found) - len(shown), len(reach.live) > GLANCE, every)


@dataclass(frozen=True)
class Practices:
    """Practices to tick: what is ticked stays, then those by name whose name holds every word; hidden: the rest of the view."""

    rows: Sequence[Choice]
    more: int
    hidden: Sequence[tuple[str, str]]

    @classmethod
    def of(cls, asked: Asked, reach: Reach, words: str, ticked: Sequence[str]) -> Self:
        chosen = {int(pk) for pk in ticked if pk.isascii() and pk.isdigit() and len(pk) < 16} | set(asked.practice)
        within = reach.practices(asked.provider)
        kept = list(within.filter(pk__in=list(chosen)[:MOST]).select_related("provider__person"))
        found = reach.practices(asked.provider, words).exclude(pk__in=[p.pk for p in kept])
        shown = list(found.select_related("provider__person")[:MOST])
        rows = [Choice(p.name, None, about=p.provider.name, chosen=p.pk in chosen, value=p.pk) for p in [*kept, *shown]]
        more = found.count() - len(shown) if len(shown) == MOST else 0
        return cls(rows, more, asked.but(practice=()).pairs())
