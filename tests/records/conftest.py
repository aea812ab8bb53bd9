"""Fixtures of the records's tests."""

from tests.support.engine import connections, empty_database, records, records_server

__all__ = ["connections", "empty_database", "records", "records_server"]
