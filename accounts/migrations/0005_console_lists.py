"""Indexes by which operations' lists stay quick however much there is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_platform_switch"),
    ]

    operations = [
        migrations.AddField(
            model_name="backgroundtask",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="backgroundtask",
            name="worker",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["target_id"], name="accounts_audit_target"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["verb", "-id"], name="accounts_audit_verb"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["target_type", "-id"], name="accounts_audit_kind"),
        ),
        migrations.AddIndex(
            model_name="backgroundtask",
            index=models.Index(
                condition=models.Q(("status", "failed")),
                fields=["finished_at"],
                name="accounts_task_failed",
            ),
        ),
    ]
