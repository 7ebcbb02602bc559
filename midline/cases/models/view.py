"""What was typed into a search box: kept as a row, so that no name stands in an address."""

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
