"""Test the flows and the recipes.

pipelines/tests/__init__.py - v0.1.0
"""
