"""Whose name a search finds as the clinician's: one row a provider, so that 10,000 names stand for a million cases."""

from django.db import models

from midline.practices.models import Provider


class ClinicianName(models.Model):
    """The comparable name of a provider who has cases. The database writes it from `Case.clinician_norm`, by triggers."""

    provider = models.OneToOneField(Provider, on_delete=models.CASCADE, primary_key=True, related_name="+")
    name_norm = models.CharField(max_length=180)

    def __str__(self) -> str:
        return self.name_norm
