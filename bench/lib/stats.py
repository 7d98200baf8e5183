"""Medians of paired rounds and their bootstrap interval."""
import random
import statistics
from dataclasses import dataclass

RESAMPLES = 4000


@dataclass(frozen=True)
class Interval:
    median: float
    low: float
    high: float
    rounds: int

    def is_within(self, fraction):
        """Whether both ends lie within this fraction of the median."""
        return (self.low >= self.median * (1 - fraction) and
                self.high <= self.median * (1 + fraction))


def median_ratio(numerators, denominators):
    """The median of the paired ratios with its 95 % percentile bootstrap interval.

    The generator is seeded: the same rounds always give the same interval.
    """
    ratios = [a / b for a, b in zip(numerators, denominators, strict=True)]
    draw = random.Random(len(ratios))
    medians = sorted(statistics.median(draw.choices(ratios, k=len(ratios)))
                     for _ in range(RESAMPLES))
    return Interval(statistics.median(ratios), medians[int(RESAMPLES * 0.025)],
                    medians[int(RESAMPLES * 0.975) - 1], len(ratios))
