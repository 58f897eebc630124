"""The peers of the sender, each as its own users run it: a program of its own, so that nothing of ours is loaded.

`send_peers.py PEER fill N` leaves N mails in a queue, `send_peers.py PEER send` empties it and tells what that took.
Peers: `naive`, the loop that many begin with (Django's send_mail() and a save() for each row), and `post_office`,
django-post_office as it comes: one process with five threads. BENCH_PEER_DATABASE and SINK_PORT say where.
"""

import json
import os
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

import django
from django.conf import settings
from django.core.mail import send_mail
from django.core.management import call_command
from django.db import connection, models
from memory import peak_rss_mb
from psycopg.conninfo import conninfo_to_dict

BODY = ("I saw the opening for a staff engineer and wanted to reach out to you. \n" * 30)[:1500]
SENDER = "olga@sandbox.test"
PEERS_FOLDER = Path(__file__).resolve().parent.parent / "var" / "bench"
BACKEND = "django.core.mail.backends.smtp.EmailBackend"


def prepare() -> None:
    """Load Django with nothing but the peers."""
    sys.path.append(str(PEERS_FOLDER))
    address = conninfo_to_dict(os.environ["BENCH_PEER_DATABASE"])
    settings.configure(
        SECRET_KEY="x" * 50,
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            *(["post_office"] if find_spec("post_office") else []),
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": address["dbname"],
                "USER": address.get("user", ""),
                "PASSWORD": address.get("password", ""),
                "HOST": address.get("host", ""),
                "PORT": address.get("port", ""),
                "CONN_MAX_AGE": 600,
            }
        },
        EMAIL_BACKEND=BACKEND,
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=int(os.environ.get("SINK_PORT", "25")),
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        POST_OFFICE={"BACKENDS": {"default": BACKEND}, "CELERY_ENABLED": False},
        LOGGING_CONFIG=None,
    )
    django.setup()


def naive_model() -> type[models.Model]:
    """Return the plain table."""

    class Mail(models.Model):  # noqa: DJ008 - no page shows it
        to = models.CharField(max_length=200)
        subject = models.CharField(max_length=200)
        body = models.TextField()
        status = models.CharField(max_length=20, default="queued")
        sent_at = models.DateTimeField(null=True)

        class Meta:
            app_label = "auth"
            db_table = "naive_mail"

    return Mail


def fill_naive(count: int) -> None:
    model = naive_model()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS naive_mail")
    with connection.schema_editor() as editor:
        editor.create_model(model)
    model.objects.bulk_create(
        model(to=f"p{n}@c{n % 1667}.test", subject="About the role", body=BODY)
        for n in range(count)
    )


def send_naive() -> int:
    from django.utils import timezone

    model, sent = naive_model(), 0
    for mail in model.objects.filter(status="queued").order_by("pk"):
        sent += send_mail(mail.subject, mail.body, SENDER, [mail.to])
        mail.status, mail.sent_at = "sent", timezone.now()
        mail.save()
    return sent


def fill_post_office(count: int) -> None:
    from post_office import mail

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE post_office_email CASCADE")
    queue = [
        {
            "recipients": f"p{n}@c{n % 1667}.test",
            "sender": SENDER,
            "subject": "About the role",
            "message": BODY,
        }
        for n in range(count)
    ]
    mail.send_many(queue)


def send_post_office() -> int:
    from post_office.models import STATUS, Email

    call_command("send_queued_mail", lockfile=str(Path(mkdtemp(prefix="roleferry-test-")) / "lock"))
    return int(Email.objects.filter(status=STATUS.sent).count())


def main() -> None:
    peer, act = sys.argv[1:3]
    if act == "is-there":
        sys.path.append(str(PEERS_FOLDER))
        raise SystemExit(0 if peer == "naive" or find_spec(peer) else 1)
    prepare()
    if act == "fill":
        {"naive": fill_naive, "post_office": fill_post_office}[peer](int(sys.argv[3]))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        return
    began, started = time.perf_counter(), time.process_time()
    sent = {"naive": send_naive, "post_office": send_post_office}[peer]()
    told = {
        "sent": sent,
        "running_seconds": time.perf_counter() - began,
        "running_cpu_seconds": time.process_time() - started,
        "cpu_seconds": time.process_time(),
        "peak_rss_mb": peak_rss_mb(),
    }
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
