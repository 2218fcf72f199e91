"""Hold one command of the command line per file.

src/seedbed/cli/commands/__init__.py - v0.1.0
"""
