"""Names behind an @ in a comment: whom they mean, and how they are shown."""

import re
from collections.abc import Mapping

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from midline.cases.actions import Action
from midline.cases.models import Case
from midline.cases.policies import users_who_may
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.people.policies import Actor


def mentionable(case: Case, actor: Actor, seen: frozenset[int]) -> dict[int, str]:
    """Whom the actor may mention: id → name of others who can read the conversation at this moment.

    Only the provider knows everybody who sees the case. A collaborator may mention the provider, and whoever wrote in the conversation
    (`seen`, ids): no list, and no @ that is tried, tells them of anybody else.
    """
    return {user.pk: _name(user) for user, _space in known(case, actor, seen)}


def known(case: Case, actor: Actor, seen: frozenset[int]) -> list[tuple[User, Workspace]]:
    """Those people, each with the workspace in which they read the conversation."""
    return [
        (user, space)
        for space in (Workspace.PROVIDER, Workspace.COLLABORATOR)
        for user in users_who_may(Action.READ_CONVERSATION, case, space)
        if user.pk != actor.user_id and (Workspace.PROVIDER in {actor.workspace, space} or user.pk in seen)
    ]


def _name(user: User) -> str:
    return user.name.strip()


def mentioned(body: str, people: Mapping[int, str]) -> frozenset[int]:
    """The ids of `people` whose whole name stands behind an @. Of "@Anna Berg" the longest name is meant, never Anna alone."""
    pattern = _pattern(people)
    names = {found.group(1) for found in pattern.finditer(body)} if pattern and "@" in body else set()
    return frozenset(pk for pk, name in people.items() if name in names)


def shown(body: str, people: Mapping[int, str]) -> SafeString:
    """The words of a comment, escaped, each name behind an @ as a chip."""
    pattern = _pattern(people)
    if pattern is None or "@" not in body:
        return format_html("{}", body)
    pieces, at = [], 0
    for found in pattern.finditer(body):
        pieces += [format_html("{}", body[at : found.start()]), format_html('<bdi class="ml-mention">@{}</bdi>', found.group(1))]
        at = found.end()
    pieces.append(format_html("{}", body[at:]))
    return mark_safe("".join(pieces))  # noqa: S308 - every piece is escaped above


def _pattern(people: Mapping[int, str]) -> re.Pattern[str] | None:
    names = sorted({name for name in people.values() if name}, key=len, reverse=True)
    return re.compile(rf"(?<!\w)@({'|'.join(map(re.escape, names))})(?!\w)") if names else None
