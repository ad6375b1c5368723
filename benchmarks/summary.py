"""Numbers out of numbers: percentiles, ratios, and how long a curve takes to reach a level."""

import math
from collections.abc import Sequence
from statistics import median


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of ``values`` that at least ``share`` (0 to 1) of them do not exceed."""
    if not values:
        raise ValueError("values is empty")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median_ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """Median of the ratios of measurements made one after the other, so that a slow moment slows both."""
    return median(a / b for a, b in zip(above, below, strict=True))


def first_reached(steps: Sequence[float], levels: Sequence[float], target: float) -> float:
    """The step at which the line through ``(steps, levels)`` first reaches ``target``; infinite if it never does."""
    if levels[0] >= target:
        return steps[0]
    for i in range(1, len(steps)):
        if levels[i] >= target:
            share = (target - levels[i - 1]) / (levels[i] - levels[i - 1])
            return steps[i - 1] + share * (steps[i] - steps[i - 1])
    return math.inf
