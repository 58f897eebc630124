"""Readers of public job boards, structured pages and pasted postings."""
