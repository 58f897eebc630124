"""A number that is never given twice, for fencing, and a notice that wakes dispatchers when something is scheduled."""

from django.db import migrations

CREATE = """
CREATE SEQUENCE outreach_dispatch_epoch AS bigint;
CREATE FUNCTION outreach_announce_scheduled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('outreach_scheduled', '');
    RETURN NULL;
END $$;
CREATE TRIGGER outreach_message_scheduled AFTER INSERT OR UPDATE OF status, due_at ON outreach_message
    FOR EACH ROW WHEN (NEW.status = 'scheduled') EXECUTE FUNCTION outreach_announce_scheduled();
"""
DROP = """
DROP TRIGGER outreach_message_scheduled ON outreach_message;
DROP FUNCTION outreach_announce_scheduled();
DROP SEQUENCE outreach_dispatch_epoch;
"""


class Migration(migrations.Migration):
    dependencies = [("outreach", "0002_walls")]
    operations = [migrations.RunSQL(CREATE, DROP)]
