"""Which rows fire: a rule's from score 1, a standing detector's all, a statistical one's by the budget's p-value."""

import dataclasses
import math
from collections.abc import Iterable

from detectors.calibration import threshold
from detectors.declare import Detector
from detectors.scores import Scored
from model.errors import DetectorError

_SMALLEST = 1e-300


def surprising(detector: Detector, rows: Iterable[Scored], *, budget: float, statistical: int) -> list[Scored]:
    """The rows that fire. `statistical` is how many detectors share the budget.

    The score of a statistical row becomes log p / log line, so that 1 is at the line there too. Raises DetectorError
    when such a row has no p.
    """
    if detector.kind == "statistical":
        judged = (_measured(detector, row, budget, statistical) for row in rows)
        return [row for row in judged if row.score >= 1]
    return [row for row in rows if detector.kind == "standing" or row.score >= 1]


def _measured(detector: Detector, row: Scored, budget: float, statistical: int) -> Scored:
    if row.p is None:
        msg = f"The detector {detector.id} returned a row without p."
        raise DetectorError(msg)
    line = min(threshold(budget=budget, tests=row.tests or 1.0, detectors=statistical), 0.5)
    detail = {**row.detail, "standardised": round(row.score, 2), "p": row.p, "line": line}
    score = math.log(max(row.p, _SMALLEST)) / math.log(line)
    return dataclasses.replace(row, score=score, detail=detail)
