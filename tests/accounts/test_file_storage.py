"""Files on S3, when it is configured: private, short-lived links, bytes as they came (against a local moto server)."""

from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import boto3
import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from moto.server import ThreadedMotoServer
from storages.backends.s3 import S3Storage

from accounts.models import Resume
from tests.factories.accounts import ResumeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def bucket(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    boto3.client("s3", endpoint_url=endpoint, region_name="eu-central-1").create_bucket(
        Bucket="files", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    yield S3Storage(
        bucket_name="files",
        endpoint_url=endpoint,
        region_name="eu-central-1",
        querystring_auth=True,
        querystring_expire=300,
        default_acl=None,
        file_overwrite=False,
    )
    server.stop()


def test_a_resume_on_s3_is_reached_by_a_private_link_that_ends(
    bucket, owner_client, profile, monkeypatch
):
    field = Resume._meta.get_field("file")
    monkeypatch.setattr(field, "storage", bucket)
    resume = ResumeFactory(profile=profile, original_filename="olga.html")
    resume.file.save("olga.html", ContentFile(b"<script>alert(1)</script>"))
    response = owner_client.get(reverse("jobs:resume-file", args=[resume.public_id]))
    assert response.status_code == 302
    link = urlsplit(response["Location"])
    query = parse_qs(link.query)
    assert link.path == f"/files/resumes/{profile.workspace.public_id}/{resume.public_id}"
    assert query["response-content-disposition"] == ["attachment"]
    assert query["response-content-type"] == ["application/octet-stream"]
    assert ("X-Amz-Expires" in query) or ("Expires" in query)
    with urlopen(response["Location"]) as answer:
        assert answer.read() == b"<script>alert(1)</script>"
        assert answer.headers["Content-Disposition"] == "attachment"
    assert "olga" not in link.path
