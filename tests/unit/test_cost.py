"""The measure of cost tells what is too slow."""

import pytest

from tests.cost import assert_linear, within


def test_a_quadratic_cost_is_caught() -> None:
    with pytest.raises(AssertionError, match="for 4 times as much"):
        assert_linear(
            lambda words: [word in words[::-1] for word in words], lambda n: list(range(n)), 1_200
        )


def test_a_cost_above_the_limit_is_caught() -> None:
    with pytest.raises(AssertionError, match="of at most 0 a sum"):
        within(0, lambda: sum(range(1000)), "a sum")
