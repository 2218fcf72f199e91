"""Hold corpora, encoders and stores to the promises of their ports.

src/seedbed/testing/__init__.py - v0.1.0

For pytest: derive a class `Test…` from the contract, and give it what your class makes.
"""

import pytest

pytest.register_assert_rewrite("seedbed.testing.corpora", "seedbed.testing.encoders", "seedbed.testing.stores")
