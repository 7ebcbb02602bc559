from django.db import migrations


class Migration(migrations.Migration):
    """A retainer may be begun while a version awaits approval: the case then shows the retainer, and the version still waits."""

    dependencies = [
        ("cases", "0004_shares_check_the_case_alone"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="case",
            name="only_a_case_awaiting_approval_has_an_awaiting_version",
        ),
    ]
