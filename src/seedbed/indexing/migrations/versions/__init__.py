"""Hold one file for each version of the ledger's tables.

src/seedbed/indexing/migrations/versions/__init__.py - v0.1.0
"""
