"""Providers whose mail leaves through a web interface: credentials, sending by django-anymail's backends, looking up."""
