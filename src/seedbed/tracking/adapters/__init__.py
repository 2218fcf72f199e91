"""Keep runs in a vendor's tracking store.

src/seedbed/tracking/adapters/__init__.py - v0.1.0
"""
