"""Real PostgreSQL and Valkey servers out of Python wheels, for a laptop and for the tests."""
