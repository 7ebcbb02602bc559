"""The view as its reader may have it, with what they typed; what was typed stays out of the address. What it finds: `names`."""

from dataclasses import replace
from typing import Final

from midline.cases.models import SearchTerm
from midline.cases.queries.asked import Asked
from midline.cases.queries.names import newest, search_condition, search_ids
from midline.cases.queries.reach import Reach
from midline.core.workspace import Workspace
from midline.people.policies import Actor

__all__ = ["newest", "own_view", "search_condition", "search_ids"]

TABS: Final = {
    Workspace.PROVIDER: ("action", "progress", "closed", "open"),
    Workspace.COLLABORATOR: ("evaluate", "progress", "closed", "open"),
}


def own_view(asked: Asked, reach: Reach) -> Asked:
    """The view as this reader may have it: with what they typed (for anybody else the view without the search), with tabs, filters and
    providers of their workspace alone."""
    group = asked.group if asked.group in TABS.get(reach.actor.workspace, ()) else ""
    if reach.is_collaborator:
        provider = asked.provider if asked.provider and reach.collaborations(asked.provider).exists() else None
        asked = replace(asked, group=group, provider=provider, collaborator=(), shared="", collaboration=None)
    else:
        asked = replace(asked, group=group, provider=None)
    return _with_own_term(asked, reach.actor)


def _with_own_term(asked: Asked, actor: Actor) -> Asked:
    if asked.q is None:
        return asked
    mine = SearchTerm.objects.filter(pk=asked.q, person_id=actor.user_id, workspace=actor.workspace)
    term = mine.values_list("term", flat=True).first()
    return replace(asked, term=term) if term else replace(asked, q=None)
