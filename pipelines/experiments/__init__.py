"""Hold the recipes that `seedbed run NAME` finds by name.

pipelines/experiments/__init__.py - v0.1.0
"""
