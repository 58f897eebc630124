"""Indexes by which operations' lists stay quick however much there is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_console_lists"),
        ("mailboxes", "0003_console_lists"),
        ("outreach", "0004_brakes_attachments_proof"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "draft",
                            "held",
                            "unknown",
                            "failed",
                            "bounced",
                            "complained",
                            "cancelled",
                        ],
                    )
                ),
                fields=["status", "-id"],
                name="outreach_message_settled",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("status", "failed")),
                fields=["updated_at"],
                name="outreach_message_failed",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("smtp_code__gte", 400)),
                fields=["smtp_code", "-id"],
                name="outreach_message_refused",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["recipient_domain", "-id"], name="outreach_message_domain"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("sent_at__isnull", False)),
                fields=["sent_at"],
                name="outreach_message_left_at",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("provider_id", ""), _negated=True),
                fields=["provider_id"],
                name="outreach_message_provider",
            ),
        ),
    ]
