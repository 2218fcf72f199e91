"""Measure, side by side, what the project promises.

benchmarks/__init__.py - v0.1.0
"""
