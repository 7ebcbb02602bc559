"""Search: any part of a name without accents and case, or the beginning of a case number. What was typed stays out of the address."""

from dataclasses import replace
from typing import Final

from django.db.models import Q

from midline.cases.models import SearchTerm
from midline.cases.queries.asked import Asked
from midline.cases.queries.reach import Reach
from midline.core.text import norm
from midline.core.workspace import Workspace
from midline.people.policies import Actor

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


def search_condition(term: str, reach: Reach, *, wide: bool = False) -> Q:
    """Every word of `term` is part of the patient's or the clinician's name, or begins the number.

    Where the identity is hidden from this reader, names match nothing: only the number does.
    """
    condition = Q()
    for word in norm(term).split():
        named = Q(patient_norm__contains=word) | Q(clinician_norm__contains=word)
        if reach.hides:
            named &= ~Q(provider_id__in=reach.hidden)
        condition &= named | _begins_number(word)
    return condition


def _begins_number(word: str) -> Q:
    """Numbers are seven digits; people leave their leading zero out."""
    if not word.isdigit():
        return Q(pk__in=[])
    return Q(number__startswith=word) | Q(number__startswith=f"0{word}")
