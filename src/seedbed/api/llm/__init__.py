"""Pass requests for language models on to a server that can answer.

src/seedbed/api/llm/__init__.py - v0.1.0

```mermaid
flowchart LR
    relay --> gateway --> upstream --> breaker
    relay --> answer --> events
    relay --> numbers
```
"""
