"""Describe what goes over the wire.

src/seedbed/api/schemas/__init__.py - v0.1.0
"""
