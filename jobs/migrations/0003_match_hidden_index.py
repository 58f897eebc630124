"""Openings a person has hidden are few; finding them must not read all the scores."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0002_append_only_history")]
    operations = [
        migrations.AddIndex(
            model_name="jobmatch",
            index=models.Index(
                fields=["profile", "job"],
                condition=models.Q(hidden_at__isnull=False),
                name="jobs_jobmatch_hidden",
            ),
        )
    ]
