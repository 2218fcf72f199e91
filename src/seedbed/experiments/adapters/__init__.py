"""Search with a vendor's sampler, draw, and write pages.

src/seedbed/experiments/adapters/__init__.py - v0.1.0
"""
