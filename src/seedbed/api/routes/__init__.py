"""Say which path is answered by what.

src/seedbed/api/routes/__init__.py - v0.1.0
"""
