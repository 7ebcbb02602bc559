from typing import Any

from django.db import migrations, models


def fill_versions(apps: Any, schema_editor: Any) -> None:
    """Who is there already was added under the newest version that the provider had ticked by then."""
    collaborations = apps.get_model("collaboration", "Collaboration").objects
    records = apps.get_model("collaboration", "ConsentRecord").objects.order_by("text__version").select_related("text")
    for record in records.iterator():
        later = collaborations.filter(provider_id=record.provider_id, created_at__gte=record.at)
        later.update(**{f"{record.text.kind}_version": record.text.version})


class Migration(migrations.Migration):
    dependencies = [
        ("collaboration", "0002_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="collaboration",
            name="consent_version",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="collaboration",
            name="terms_version",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="invitation",
            name="key",
            field=models.UUIDField(null=True),
        ),
        migrations.RunPython(fill_versions, migrations.RunPython.noop),
    ]
