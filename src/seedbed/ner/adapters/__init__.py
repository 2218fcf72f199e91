"""Read models of one library each.

src/seedbed/ner/adapters/__init__.py - v0.1.0
"""
