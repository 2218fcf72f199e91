"""Specify what a declared layout makes of a Qdrant collection.

tests/unit/stores/test_qdrant_layout.py - v0.1.0

No Qdrant server runs in these tests: they show what is asked of one, and that it can be said on its wire.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qdrant_client import QdrantClient
from qdrant_client import models as q
from qdrant_client.conversions.conversion import RestToGrpc

from seedbed.stores import declaration
from seedbed.stores.adapters.qdrant import QdrantStore
from seedbed.stores.adapters.qdrant_layout import creation, payload_index, search_params
from seedbed.stores.config import StoreConfig
from seedbed.stores.layout import Layout
from seedbed.stores.point import CollectionSpec, Points

LARGE = Layout(shards=6, replicas=2, quantization="int8", oversampling=3.0, tenant_field="meta_tenant")


def test_a_large_layout_asks_for_shards_replicas_and_a_majority_of_them() -> None:
    asked = creation(LARGE, 384)
    assert (asked["shard_number"], asked["replication_factor"], asked["write_consistency_factor"]) == (6, 2, 2)
    assert creation(Layout(), 384)["write_consistency_factor"] == 1
    assert creation(Layout(replicas=3), 384)["write_consistency_factor"] == 2


def test_vectors_and_graph_lie_on_disk_and_bytes_in_memory() -> None:
    asked = creation(LARGE, 384)
    assert (asked["vectors_config"].on_disk, asked["hnsw_config"].on_disk, asked["hnsw_config"].m) == (True, True, 16)
    scalar = RestToGrpc.convert_quantization_config(asked["quantization_config"]).scalar
    assert (scalar.always_ram, round(scalar.quantile, 2)) == (True, 0.99)
    assert creation(Layout(), 384)["quantization_config"] is None


def test_a_search_over_bytes_ranks_again_by_the_true_vectors() -> None:
    said = RestToGrpc.convert_search_params(search_params(LARGE, 512))
    assert (said.hnsw_ef, said.quantization.rescore, said.quantization.oversampling) == (512, True, 3.0)
    assert search_params(Layout(), 512).quantization is None


def test_only_the_tenant_field_is_a_tenant() -> None:
    tenant = payload_index(LARGE, "meta_tenant", "scalar")
    assert isinstance(tenant, q.KeywordIndexParams)
    assert tenant.is_tenant
    assert payload_index(LARGE, "document_id", "str") == q.PayloadSchemaType.KEYWORD
    assert payload_index(LARGE, "position", "int") == q.PayloadSchemaType.INTEGER


def test_the_store_makes_collections_as_the_declaration_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    declared = declaration.declarations()["documents"].model_copy(update={"layout": LARGE})
    monkeypatch.setattr("seedbed.stores.adapters.qdrant.declarations", lambda: {"documents": declared})
    asked: dict[str, Any] = {}
    create = QdrantClient.create_collection

    def noted(self: QdrantClient, name: str, **arguments: Any) -> bool:
        asked.update(arguments)
        return create(self, name, **arguments)

    monkeypatch.setattr(QdrantClient, "create_collection", noted)
    collection = QdrantStore(StoreConfig(kind="qdrant"), tmp_path).open(CollectionSpec("docs--0123abcd", 2))
    assert asked["shard_number"] == 6
    east = np.asarray([[1, 0]], np.float32)
    collection.upsert(Points(["00000000-0000-0000-0000-000000000001"], east, [{"meta_tenant": "a"}]))
    assert len(collection.search(east, 1, {"meta_tenant": "a"})[0]) == 1
