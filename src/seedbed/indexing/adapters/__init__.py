"""Run the encoder on other machines.

src/seedbed/indexing/adapters/__init__.py - v0.1.0
"""
