"""Amazon SES by anymail's backend and boto3, with one mailbox's key and without boto3's retries."""

from typing import Any, cast

from anymail.backends import amazon_ses

from mailboxes.providers.base import ApiEndpoint


class RawSesPayload(amazon_ses.AmazonSESV2SendEmailPayload):
    """A finished mail for Amazon's SendEmail with Content.Raw."""

    def generate_raw_message(self) -> bytes:
        """Return the mail as we wrote it: it is 7-bit already, and a signature stays whole."""
        return cast(bytes, self.message.raw_mail)


class SesBackend(amazon_ses.EmailBackend):
    """Amazon SES, SendEmail of its second version."""

    def build_message_payload(self, message: Any, defaults: Any) -> RawSesPayload:
        """Take the finished mail instead of its parts."""
        return RawSesPayload(message, defaults, self)


def client_params(endpoint: ApiEndpoint, connect: float, answer: float) -> dict[str, Any]:
    """Return how boto3 is to talk to Amazon: left alone it retries four times, which would send twice."""
    params: dict[str, Any] = {
        "config": {
            "retries": {"total_max_attempts": 1, "mode": "standard"},
            "connect_timeout": connect,
            "read_timeout": answer,
            "ignore_configured_endpoint_urls": True,
        }
    }
    if endpoint.stand_in:
        params["endpoint_url"] = endpoint.stand_in
    return params


def session_params(endpoint: ApiEndpoint) -> dict[str, str]:
    """Return the mailbox's own key; never the machine's."""
    return {
        "aws_access_key_id": endpoint["access_key_id"],
        "aws_secret_access_key": endpoint["secret_access_key"],
        "region_name": endpoint["region"],
    }


def backend_for(endpoint: ApiEndpoint, connect: float, answer: float) -> SesBackend:
    """Return a new backend for one mail; waits are in seconds."""
    return SesBackend(
        session_params=session_params(endpoint),
        client_params=client_params(endpoint, connect, answer),
    )
