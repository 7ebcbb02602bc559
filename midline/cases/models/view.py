"""What a person keeps of a list: what was typed into its search box, the views they saved, the columns they chose."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone


class SearchTerm(models.Model):
    """A person's search, for 90 days; the address carries only its random id, and for anyone else it is no search."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    workspace = models.CharField(max_length=12)
    term = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="searchterm_age")]

    def __str__(self) -> str:
        return str(self.id)


class SavedView(models.Model):
    """A view of a list under a name, a tab of its own.

    query: the parts of the address, without the search and without the place in the list. search: a SearchTerm of the view's own, which
    lives as long as the view. removed_at: for Undo; a round takes the row a day later.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    workspace = models.CharField(max_length=12)
    name = models.CharField(max_length=60)
    query = models.TextField(blank=True)
    search = models.OneToOneField(SearchTerm, on_delete=models.SET_NULL, null=True, related_name="saved_view")
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position", "created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "workspace", "name"],
                condition=models.Q(removed_at=None),
                name="one_saved_view_per_person_workspace_and_name",
            )
        ]
        indexes = [models.Index(fields=["person", "workspace", "position"], name="savedview_person")]

    def __str__(self) -> str:
        return str(self.id)


class ColumnChoice(models.Model):
    """Which columns a person wants to see in the list of a workspace, in which order; no row while they chose nothing."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    workspace = models.CharField(max_length=12)
    names = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "workspace"], name="one_column_choice_per_person_and_workspace")]

    def __str__(self) -> str:
        return f"Columns of {self.person_id} in {self.workspace}"
