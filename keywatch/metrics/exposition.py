"""Prometheus' text format, version 0.0.4: one metric with its samples."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal

Sample = tuple[Mapping[str, str], float]
"""Labels and value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A name, what it means, and its samples."""

    name: str
    """Without the prefix; in base units, and ending in `_total` when it only grows."""
    kind: Literal["gauge", "counter", "histogram"]
    help: str
    samples: Sequence[Sample]
    """Of a histogram: label `le` and how many were at most so large, `+Inf` last."""
    total: float = 0.0
    """Of a histogram: the sum of all."""


def histogram(name: str, meaning: str, below: Sequence[tuple[float, int]], total: float) -> Metric:
    """Of what `model.histogram.Histogram` counted."""
    samples: list[Sample] = [({"le": "+Inf" if bound == inf else f"{bound:g}"}, count) for bound, count in below]
    return Metric(name=name, kind="histogram", help=meaning, samples=samples, total=total)


def exposed(metrics: Iterable[Metric], *, prefix: str) -> str:
    """The metrics as text; one without samples is left out."""
    return "".join(f"{line}\n" for metric in metrics if metric.samples for line in _lines(metric, prefix))


def _lines(metric: Metric, prefix: str) -> Iterator[str]:
    name = prefix + metric.name
    yield f"# HELP {name} {_escaped(metric.help)}"
    yield f"# TYPE {name} {metric.kind}"
    parts = metric.kind == "histogram"
    for labels, value in metric.samples:
        told = ",".join(f'{label}="{_quoted(word)}"' for label, word in labels.items())
        full = f"{name}_bucket" if parts else name
        yield f"{full}{{{told}}} {_number(value)}" if told else f"{full} {_number(value)}"
    if parts:
        yield f"{name}_sum {_number(metric.total)}"
        yield f"{name}_count {_number(metric.samples[-1][1])}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', '\\"')


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
