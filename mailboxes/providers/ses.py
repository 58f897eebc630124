"""Amazon SES by anymail's backend and boto3, with one mailbox's key and without boto3's retries."""

from typing import Any, cast

from anymail.backends import amazon_ses
from botocore.exceptions import BotoCoreError, ClientError

from mailboxes.providers.base import ApiCredentialsError, ApiEndpoint, ProviderUnavailableError


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


def prove(endpoint: ApiEndpoint, *, seconds: float = 10.0) -> None:
    """Ask Amazon for the account's standing (GetAccount). Raises ApiCredentialsError or ProviderUnavailableError."""
    backend = backend_for(endpoint, seconds, seconds)
    backend.open()
    try:
        account = backend.client.get_account()
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") in {400, 403}:
            raise ApiCredentialsError(
                f"Amazon refused the key ({code}). Check both parts of it, and that it may do ses:GetAccount and ses:SendEmail."
            ) from error
        raise ProviderUnavailableError("Amazon could not be asked. Try again later.") from error
    except BotoCoreError as error:
        raise ProviderUnavailableError(
            "Amazon did not answer in this region. Check the region, or try again later."
        ) from error
    finally:
        backend.close()
    if not account.get("SendingEnabled", False):
        raise ApiCredentialsError(
            "Amazon has stopped this account from sending. Its console under Account dashboard says why."
        )
    if not account.get("ProductionAccessEnabled", False):
        raise ApiCredentialsError(
            "This Amazon account is still in its sandbox and may write to verified addresses only. Ask Amazon for production access first."
        )
