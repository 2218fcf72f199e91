"""Tell Qdrant what a declared layout means.

src/seedbed/stores/adapters/qdrant_layout.py - v0.1.0

```mermaid
flowchart LR
    creation & search_params & payload_index --> Layout
```
"""

from typing import Any

from qdrant_client import models as q

from seedbed.stores.layout import Layout

_QUANTILE = 0.99  # the outermost hundredth is clipped: one large number would cost all others their resolution


def creation(layout: Layout, dimension: int) -> dict[str, Any]:
    """Return the arguments of `create_collection` that say where vectors and graph lie."""
    scalar = q.ScalarQuantizationConfig(type=q.ScalarType.INT8, quantile=_QUANTILE, always_ram=True)
    return {
        "vectors_config": q.VectorParams(size=dimension, distance=q.Distance.COSINE, on_disk=layout.vectors_on_disk),
        "hnsw_config": q.HnswConfigDiff(m=layout.m, ef_construct=layout.ef_construct, on_disk=layout.graph_on_disk),
        "shard_number": layout.shards,
        "replication_factor": layout.replicas,
        "write_consistency_factor": layout.replicas // 2 + 1,
        "quantization_config": q.ScalarQuantization(scalar=scalar) if layout.quantization == "int8" else None,
    }


def search_params(layout: Layout, ef: int) -> q.SearchParams:
    """Return how many candidates are looked at, and how many of them by their true vectors."""
    if layout.quantization == "none":
        return q.SearchParams(hnsw_ef=ef)
    rescored = q.QuantizationSearchParams(rescore=True, oversampling=layout.oversampling)
    return q.SearchParams(hnsw_ef=ef, quantization=rescored)


def payload_index(layout: Layout, field: str, declared_type: str) -> q.PayloadSchemaType | q.KeywordIndexParams:
    """Return the index of a payload field."""
    if field == layout.tenant_field:
        return q.KeywordIndexParams(type=q.KeywordIndexType.KEYWORD, is_tenant=True, on_disk=True)
    return q.PayloadSchemaType.INTEGER if declared_type == "int" else q.PayloadSchemaType.KEYWORD
