"""Openings, matches, applications and the documents written for them."""

from jobs.models.application import Application, ApplicationEvent
from jobs.models.company import Company
from jobs.models.document import Document
from jobs.models.job import Job
from jobs.models.match import JobMatch
from jobs.models.source import Source

__all__ = ["Application", "ApplicationEvent", "Company", "Document", "Job", "JobMatch", "Source"]
