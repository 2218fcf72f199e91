"""Answer over HTTP what the command line answers, to whom a token lets in.

src/seedbed/api/__init__.py - v0.1.0

```mermaid
flowchart LR
    main --> app --> routes --> schemas
    app --> request_id & auth & bounds & problems
    auth --> tokens & rates
    routes --> services --> lane
```
"""
