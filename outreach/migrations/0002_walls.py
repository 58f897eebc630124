"""Walls that Django's constraints cannot state: sample mail leaves only through the sandbox, real mail never does."""

from django.db import migrations

CREATE = """
ALTER TABLE outreach_message ADD CONSTRAINT outreach_message_sample_only_by_sandbox
    FOREIGN KEY (mailbox_id, is_sample) REFERENCES mailboxes_mailbox (id, is_sandbox) DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE outreach_enrollment ADD CONSTRAINT outreach_enrollment_sample_only_by_sandbox
    FOREIGN KEY (mailbox_id, is_sample) REFERENCES mailboxes_mailbox (id, is_sandbox) DEFERRABLE INITIALLY IMMEDIATE;
"""
DROP = """
ALTER TABLE outreach_message DROP CONSTRAINT outreach_message_sample_only_by_sandbox;
ALTER TABLE outreach_enrollment DROP CONSTRAINT outreach_enrollment_sample_only_by_sandbox;
"""


class Migration(migrations.Migration):
    dependencies = [("outreach", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
