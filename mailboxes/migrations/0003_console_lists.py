"""Indexes for operations' lists, and the wall that takes two people to release a bounce or a complaint."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# The last wall: who asked may not confirm, and nobody releases what the recipient pressed.
CREATE = """
CREATE FUNCTION roleferry_suppression_release() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.reason = 'unsubscribed' THEN
        RAISE EXCEPTION 'an unsubscribe is never released' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.reason IN ('hard_bounce', 'complaint') AND (
        NEW.release_asked_at IS NULL OR NEW.release_asked_by_id IS NULL OR NEW.release_evidence = ''
        OR NEW.released_by_id IS NULL OR NEW.released_by_id = NEW.release_asked_by_id) THEN
        RAISE EXCEPTION 'releasing a bounce or a complaint takes two people' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER mailboxes_suppression_two_people BEFORE UPDATE OF released_at ON mailboxes_suppression
    FOR EACH ROW WHEN (OLD.released_at IS NULL AND NEW.released_at IS NOT NULL)
    EXECUTE FUNCTION roleferry_suppression_release();
"""
DROP = """
DROP TRIGGER mailboxes_suppression_two_people ON mailboxes_suppression;
DROP FUNCTION roleferry_suppression_release();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_console_lists"),
        ("mailboxes", "0002_domains_credentials_ramp"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="suppression",
            name="released_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="deliveryevent",
            index=models.Index(
                condition=models.Q(("type__in", ["delivered", "opened", "clicked"]), _negated=True),
                fields=["type", "-id"],
                name="mailboxes_event_rare",
            ),
        ),
        migrations.AddIndex(
            model_name="deliveryevent",
            index=models.Index(
                condition=models.Q(("bounce_kind", ""), _negated=True),
                fields=["bounce_kind", "-id"],
                name="mailboxes_event_bounce",
            ),
        ),
        migrations.AddIndex(
            model_name="deliveryevent",
            index=models.Index(fields=["occurred_at"], name="mailboxes_event_recent"),
        ),
        migrations.AddIndex(
            model_name="inboundmessage",
            index=models.Index(fields=["received_at"], name="mailboxes_inbound_recent"),
        ),
        migrations.AddIndex(
            model_name="providerdelivery",
            index=models.Index(fields=["received_at"], name="mailboxes_delivery_recent"),
        ),
        migrations.AddIndex(
            model_name="providerdelivery",
            index=models.Index(
                condition=models.Q(("status", "failed")),
                fields=["-id"],
                name="mailboxes_delivery_failed",
            ),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
