"""Say who answers for a port of this package.

src/seedbed/serving/adapters/__init__.py - v0.1.0
"""
