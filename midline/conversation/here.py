"""Who looks at a case just now: said by the poll of an open page, told to those who share its conversation, forgotten within seconds.

No table: one entry of the cache a case, written anew by each reader every AGAIN seconds at most. Two who write at the same moment may lose
one of them until the next poll. Who may read is asked of the policy each time, so that nobody is shown after their access has ended, the
lab is neither shown nor told, and a collaborator is told of nobody whom they could not mention.
"""

from dataclasses import dataclass
from typing import Final

from django.core.cache import cache

from midline.cases.actions import Action
from midline.cases.models import Case
from midline.cases.policies import may
from midline.conversation import mentions, queries
from midline.core import clock
from midline.core.workspace import Workspace
from midline.people.policies import Actor

AGAIN: Final = 6.0
"""Seconds after which a reader's own entry is written anew: every second poll."""
FRESH: Final = 14.0
"""Seconds for which an entry counts: two polls, the second one late."""


@dataclass(frozen=True)
class Other:
    """Somebody else who looks at the case. version: the one before them, where its readers know it; None otherwise."""

    name: str
    workspace: Workspace
    version: int | None


def look(case: Case, actor: Actor, version: int) -> list[Other]:
    """`actor` looks at `version`. Returns who else looks at the case; nobody for whoever does not read its conversation."""
    now, key, own = clock.now().timestamp(), f"here-{case.pk}", f"{actor.workspace}-{actor.user_id}"
    held: dict[str, tuple[int, float]] = {who: entry for who, entry in (cache.get(key) or {}).items() if now - entry[1] < FRESH}
    mine = held.get(own, (0, 0.0))
    told = [who for who in held if not who.endswith(f"-{actor.user_id}")]
    stale = mine[0] != version or now - mine[1] >= AGAIN
    if not (stale or told) or not may(actor, Action.READ_CONVERSATION, case):
        return []
    if stale:
        cache.set(key, held | {own: (version, now)}, timeout=FRESH)
    if not told:
        return []
    wrote = frozenset(queries.thread(case, actor).values_list("author_id", flat=True))
    shown = []
    for user, space in mentions.known(case, actor, wrote):
        seen = held.get(f"{space}-{user.pk}")
        if seen:
            shown.append(Other(user.name, space, seen[0] if 1 <= seen[0] <= case.newest_version else None))
    return sorted(shown, key=lambda other: (other.workspace != Workspace.PROVIDER, other.name))
