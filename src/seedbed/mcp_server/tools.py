"""Gather every tool.

src/seedbed/mcp_server/tools.py - v0.1.0

```mermaid
flowchart LR
    READ_ONLY --> RUN_TOOLS & EXPERIMENT_TOOLS & MODEL_TOOLS
```
"""

from seedbed.mcp_server.experiment_tools import EXPERIMENT_TOOLS
from seedbed.mcp_server.model_tools import MODEL_TOOLS
from seedbed.mcp_server.run_tools import RUN_TOOLS

READ_ONLY = (*RUN_TOOLS, *EXPERIMENT_TOOLS, *MODEL_TOOLS)
