"""Write the reference pages from the program itself.

tools/reference/__init__.py - v0.1.0

`python -m tools.schemas --write` calls them; `make check ARGS=schemas` notices when one no longer matches.
"""
