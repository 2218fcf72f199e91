"""Ask language models what this project wrote itself, so that an evaluation needs no network.

pipelines/llm_tasks/__init__.py - v0.1.0
"""
