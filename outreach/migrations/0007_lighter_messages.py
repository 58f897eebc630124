"""Take away indexes of messages that others hold already: a mail's row is changed three times on its way out.

What `message_id_like` was for, searching by a prefix, nothing does; equality has the unique index.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('outreach', '0006_resumed_dismissed'),
    ]

    operations = [
        migrations.AlterField(
            model_name='message',
            name='attachment',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='mails', to='outreach.attachment'),
        ),
        migrations.AlterField(
            model_name='message',
            name='enrollment',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='mails', to='outreach.enrollment'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('attachment__isnull', False)), fields=['attachment'], name='outreach_message_attachment'),
        ),
        migrations.RunSQL(
            'DROP INDEX IF EXISTS outreach_message_message_id_7ffacc5c_like',
            'CREATE INDEX outreach_message_message_id_7ffacc5c_like ON outreach_message (message_id varchar_pattern_ops)',
        ),
    ]
