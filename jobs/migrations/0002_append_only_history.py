"""An application's history is never rewritten; only the link to a deleted actor may be cleared."""

from django.db import migrations

CREATE = """
CREATE TRIGGER jobs_applicationevent_append_only_update BEFORE UPDATE ON jobs_applicationevent
    FOR EACH ROW
    WHEN ((OLD.application_id, OLD.at, OLD.kind, OLD.text, OLD.from_status, OLD.to_status, OLD.data)
          IS DISTINCT FROM (NEW.application_id, NEW.at, NEW.kind, NEW.text, NEW.from_status, NEW.to_status, NEW.data))
    EXECUTE FUNCTION roleferry_append_only();
CREATE TRIGGER jobs_applicationevent_append_only_delete BEFORE DELETE ON jobs_applicationevent
    FOR EACH ROW EXECUTE FUNCTION roleferry_append_only();
"""
DROP = """
DROP TRIGGER jobs_applicationevent_append_only_update ON jobs_applicationevent;
DROP TRIGGER jobs_applicationevent_append_only_delete ON jobs_applicationevent;
"""


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial"), ("accounts", "0002_append_only_audit")]
    operations = [migrations.RunSQL(CREATE, DROP)]
