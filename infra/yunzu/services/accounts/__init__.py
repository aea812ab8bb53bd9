"""Accounts: how people get in, prove who they are, lend their place, and lose their access."""
