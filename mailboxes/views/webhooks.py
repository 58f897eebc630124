"""Where providers post: verify, check that it can be read, keep it raw, answer. The work is done after the answer."""

import logging
from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from mailboxes import events, tasks
from mailboxes.models import WebhookEndpoint
from mailboxes.refused_posts import note_refused
from mailboxes.webhooks import ADAPTERS
from mailboxes.webhooks.base import WebhookRefusedError, WebhookUnreadableError

logger = logging.getLogger(__name__)


@csrf_exempt
@require_POST
@transaction.non_atomic_requests
def webhook_receive(request: HttpRequest, provider: str, public_id: UUID) -> HttpResponse:
    """Keep a genuine post and answer 204, also for one that was kept before.

    404 for an unknown or closed endpoint, 401 for a post that does not prove its sender, 413 for one that is too
    large, 400 for one that is not the provider's format: in all of these nothing is stored.
    """
    now = timezone.now()
    endpoint = WebhookEndpoint.objects.filter(
        public_id=public_id, provider=provider, is_active=True
    ).first()
    adapter = ADAPTERS.get(provider)
    if endpoint is None or adapter is None:
        raise Http404
    try:
        body = _body(request)
        verdict = adapter.verify(
            secret=endpoint.secret, headers=request.headers, body=body, now=now
        )
        adapter.parse(headers=request.headers, body=body)
    except RequestDataTooBig:
        return _refusal(413, "too_large", "The post is larger than 10 MB. Split it and send again.")
    except WebhookRefusedError as refusal:
        note_refused(provider, now=now)
        logger.warning("Refused a webhook", extra={"endpoint": str(public_id), "why": str(refusal)})
        return _refusal(401, "bad_signature", "The signature is missing, wrong or too old.")
    except WebhookUnreadableError as error:
        return _refusal(400, "unreadable", str(error))
    delivery = events.store_delivery(
        endpoint, body=body, headers=request.headers, verdict=verdict, now=now
    )
    if delivery is not None:
        # Robust: with the broker away the sweep finds the row, and the provider must not send it again.
        pk = delivery.pk
        transaction.on_commit(lambda: tasks.apply_delivery.delay(pk), robust=True)
    return HttpResponse(status=204)


def _body(request: HttpRequest) -> bytes:
    """Return the raw body, or raise RequestDataTooBig before reading it when its length is declared too large."""
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if declared.isdigit() and int(declared) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise RequestDataTooBig
    return request.body


def _refusal(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"error": {"code": code, "message": message, "details": {}}}, status=status)
