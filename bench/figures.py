"""Figures from many measurements: medians, percentiles, and targets they are held against."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Figures = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """A figure and its bound: at least `bound`, or at most."""

    name: str
    measured: float
    bound: float
    is_lower_bound: bool = False

    @property
    def is_met(self) -> bool:
        return self.measured >= self.bound if self.is_lower_bound else self.measured <= self.bound

    def figures(self) -> Figures:
        relation = "at least" if self.is_lower_bound else "at most"
        return {
            "name": self.name,
            "measured": rounded(self.measured),
            "wanted": f"{relation} {self.bound:g}",
            "isMet": self.is_met,
        }


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def ratio(rates: Sequence[float], others: Sequence[float]) -> float:
    """Return the median of the rounds' ratios.

    The two of a round ran one after the other, on a machine of the same speed: what a shared
    machine does from minute to minute moves a ratio of medians, and this one little.
    """
    return median([rate / other for rate, other in zip(rates, others, strict=True)])


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that the share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def latencies_ms(values_s: Sequence[float]) -> Figures:
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {name: rounded(percentile(values_s, share) * 1000) for name, share in shares.items()}


def rounded(value: float) -> float:
    """Return three digits; more would only pretend."""
    return float(f"{value:.3g}")
