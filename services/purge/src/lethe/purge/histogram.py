"""A histogram of milliseconds that takes the same memory however long a deployment runs."""

import math

_BUCKETS = 10_000


class Histogram:
    """One bucket per millisecond up to ten seconds, and the exact maximum."""

    def __init__(self) -> None:
        self._counts = [0] * (_BUCKETS + 1)
        self.total = 0
        self.maximum = 0.0

    def add(self, value_ms: float) -> None:
        """Count a value; negative ones (clocks of two machines) count as 0."""
        value = max(0.0, value_ms)
        self._counts[min(_BUCKETS, math.floor(value))] += 1
        self.total += 1
        self.maximum = max(self.maximum, value)

    def percentile(self, percent: float) -> float | None:
        """Return the upper edge of the bucket that holds a percentile; None when empty."""
        if not self.total:
            return None
        rank = max(1, math.ceil(self.total * percent / 100))
        seen = 0
        for bucket, count in enumerate(self._counts):
            seen += count
            if seen >= rank and bucket < _BUCKETS:
                return min(float(bucket + 1), round(self.maximum, 1))
        # Beyond ten seconds only the maximum is known, and it may not be understated.
        return round(self.maximum, 1)

    def summary(self, percentiles: dict[str, float]) -> dict[str, float | None]:
        """Return named percentiles and `max`."""
        values = {name: self.percentile(percent) for name, percent in percentiles.items()}
        return {**values, "max": round(self.maximum, 1) if self.total else None}
