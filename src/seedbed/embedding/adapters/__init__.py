"""Run an embedding model on one runtime each.

src/seedbed/embedding/adapters/__init__.py - v0.1.0
"""
