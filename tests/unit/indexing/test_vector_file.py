"""State when vectors count as lost, and when only the disk is to blame.

tests/unit/indexing/test_vector_file.py - v0.1.0
"""

import numpy as np
import pytest

from seedbed.embedding.ports import Embeddings
from seedbed.errors import WorldError
from seedbed.indexing.ledger import Ledger
from seedbed.indexing.vectors import VectorCache

KEYS = ["k1", "k2"]


@pytest.fixture
def cache(tmp_path):
    with Ledger(tmp_path / "ledger.db") as ledger:
        yield VectorCache(tmp_path / "vectors", ledger)


def damage(file):
    whole = file.read_bytes()
    file.write_bytes(whole[:300] + bytes([whole[300] ^ 1]) + whole[301:])


@pytest.mark.parametrize("harm", [damage, lambda file: file.write_bytes(file.read_bytes()[:400]), lambda f: f.unlink()])
def test_file_that_is_damaged_or_gone_is_forgotten_and_its_texts_are_embedded_again(cache, harm):
    vectors = np.eye(2, 64, dtype=np.float32)
    cache.keep("e", KEYS, Embeddings(vectors, np.array([1, 1]), np.array([False, False])))
    assert cache.find(KEYS).keys() == set(KEYS)

    harm(next((cache.folder / "e").iterdir()))
    assert cache.find(KEYS) == {}
    assert cache._ledger.vectors(KEYS) == {}


def test_file_that_the_disk_does_not_give_out_now_is_not_forgotten(cache):
    # A name that no disk takes: what root reads, whatever its permissions, has no other fault that can be made here.
    cache.folder.mkdir()
    cache._ledger.add_vectors("n" * 300, KEYS, [False, False])

    with pytest.raises(WorldError, match=r"cannot read vectors .*n{300}.*mend the disk, then run again"):
        cache.find(KEYS)
    assert cache._ledger.vectors(KEYS).keys() == set(KEYS)
