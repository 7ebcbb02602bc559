"""Workspaces: in which capacity a person acts. The address alone says it, never the session."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Workspace(models.TextChoices):
    PROVIDER = "provider", _("Provider")
    COLLABORATOR = "collaborator", _("Collaborator")
    LAB = "lab", _("Lab")
    ACCOUNT = "account", _("My Account")


def workspace_of(path: str) -> Workspace | None:
    """The workspace that an address names by its first segment; None for pages outside every workspace."""
    first = path.strip("/").split("/", 1)[0]
    return Workspace(first) if first in Workspace.values else None


class WorkspaceConverter:
    """The first segment of an address that stands in several workspaces: `<workspace:workspace>/cases/…`."""

    regex = "provider|collaborator|lab"

    def to_python(self, value: str) -> Workspace:
        return Workspace(value)

    def to_url(self, value: str) -> str:
        return str(value)
