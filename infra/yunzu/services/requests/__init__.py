"""Requests 办件: filed, decided by rules or people, delivered, and proven. Nothing changes without one."""
