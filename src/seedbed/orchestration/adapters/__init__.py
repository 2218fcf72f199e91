"""Speak to one orchestrator each.

src/seedbed/orchestration/adapters/__init__.py - v0.1.0
"""
