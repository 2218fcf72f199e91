"""Offer agents what the API answers, over the Model Context Protocol.

src/seedbed/mcp_server/__init__.py - v0.1.0

Read-only, unless whoever starts it lets agents start experiments. Tools are what the API's routes use, with narrower
bounds: an answer goes into the context window of a language model.

```mermaid
flowchart LR
    main --> server --> tools & reports
    tools --> tool & answers
    tools --> run_tools & model_tools & experiment_tools
```
"""
