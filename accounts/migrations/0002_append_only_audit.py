"""The audit trail is written once: the database refuses to change or delete it."""

from django.db import migrations

CREATE = """
CREATE FUNCTION roleferry_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Erasing a person's data is the one lawful deletion; accounts.privacy sets this inside its transaction.
    IF TG_OP = 'DELETE' AND current_setting('roleferry.erasing', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER accounts_auditentry_append_only BEFORE UPDATE OR DELETE ON accounts_auditentry
    FOR EACH ROW EXECUTE FUNCTION roleferry_append_only();
"""
DROP = """
DROP TRIGGER accounts_auditentry_append_only ON accounts_auditentry;
DROP FUNCTION roleferry_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
