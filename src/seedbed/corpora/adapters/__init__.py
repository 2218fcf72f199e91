"""Read documents from one kind of source each.

src/seedbed/corpora/adapters/__init__.py - v0.1.0
"""
