"""Keep vectors in a vendor's database.

src/seedbed/stores/adapters/__init__.py - v0.1.0
"""
