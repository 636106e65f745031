"""Failing checks explain themselves as failing tests do."""

import pytest

pytest.register_assert_rewrite("tests.contract")
