"""Say how a family of collections lies on the machines of a cluster.

src/seedbed/stores/layout.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- Layout
```
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt


class Layout(BaseModel):
    """What a server is told when a collection is made; a collection that is there keeps what it was made with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shards: PositiveInt = 1
    """Parts that can lie on different nodes: at least as many as there will be nodes, a multiple is best."""
    replicas: PositiveInt = 1
    """Copies of each part; a write has happened when most of them have it."""
    m: PositiveInt = 16
    """Edges of a point in the neighbour graph."""
    ef_construct: PositiveInt = 200
    """Candidates that are looked at when a point joins the graph."""
    vectors_on_disk: bool = True
    graph_on_disk: bool = True
    quantization: Literal["none", "int8"] = "none"
    """int8 keeps a byte for each number in memory and finds candidates with it."""
    oversampling: float = Field(2.0, ge=1)
    """With int8: so many times the hits that are asked for are ranked again by their true vectors."""
    tenant_field: str | None = None
    """Payload field that every search filters by: points with the same value lie together."""
