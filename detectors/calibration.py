"""From standardised scores to p-values, and from the budget to the p-value at which an alarm is raised.

**Tail.** A rank within one key's own 672 hours cannot go below 1/673, and an alarm above a key's own maximum would cost
ten false alarms a day over 250 keys. So the scores of all keys over two weeks are pooled (they are standardised, hence
comparable) and an exponential tail is fitted beyond u = 2: with n scores of which k exceed u by e_1 … e_k,

    p(z) = rate * exp(-(z - u) / mean),  rate = (10 + k) / (200 + n),  mean = (10 * 1.0 + sum of e_i) / (10 + k)

The constants are a prior of 200 scores with a heavier tail than a normal's (5 % beyond 2, mean excess 1; a normal has
2.3 % and 0.37), so the first days and a lone key have a cautious p-value, and 10,000 pooled scores outweigh it.
The sum is k times the median / ln 2, which is the mean of an exponential, and a key counts as three scores beyond u at
most: a few keys that live in bursts would stretch a plain mean until nothing is found of all the others.

**Own tail.** Those few keys have a tail of their own, drawn towards the pool's as far as their history is short: with m
of a key's N scores beyond 2,

    rate = (100 * pool's + m) / (100 + N),  mean = max(pool's, (5 * pool's + sum of its e_i) / (5 + m))

It is never lighter than the pool's: a light one would be a guess from a few scores, taken at the few that err. Its
excesses are cut at 10: an attack that lasted hours must not stretch the tail that judges the next.

**Budget.** `budget` is the expected number of false alarms a day, of medium and above, of all statistical detectors
together. With D of them and K keys in hourly buckets there are D * K * 24 tests a day, so each fires at

    p <= budget / (D * K * 24)

For 250 keys, four detectors and 0.5 a day that is 2.1e-5; with rate 0.03 and mean 0.6 it is a score of
2 + 0.6 * ln(0.03 / 2.1e-5) = 6.4. Minimum effects and two of three buckets come on top; silences and falls
have a law of their own, and most of what they err in is low. Harmless keys of eight tempers gave 0.29 a day of medium
and above in one run and 0.38 in another, 1.3 and 1.9 with what is low (benchmarks/false_alarms.py).
"""

from typing import Final, NamedTuple

import numpy as np

from detectors.baseline import Array

POOL_DAYS: Final = 14
"""Over how many days scores are pooled."""

_FROM: Final = 2.0
_CUT: Final = 10.0
_PRIOR_SCORES: Final = 200
_PRIOR_BEYOND: Final = 10
_PRIOR_MEAN: Final = 1.0
_VOTES: Final = 3
_OWN_SCORES: Final = 100
_OWN_BEYOND: Final = 5


class Tail(NamedTuple):
    """A fitted upper tail of standardised scores: numbers, or one each a key."""

    rate: float | Array
    """The share of scores beyond 2."""
    mean: float | Array
    """Their mean excess."""

    def p(self, scores: Array) -> Array:
        """The p-values of `scores` (last axis: keys); 1 where a score is NaN or not beyond 2."""
        beyond = np.nan_to_num(scores, nan=0.0, neginf=0.0) - _FROM
        return np.where(beyond > 0, self.rate * np.exp(-np.maximum(beyond, 0.0) / self.mean), 1.0)


def fit(pool: Array, *, spared: float = 0.0) -> Tail:
    """The tail of a pool of standardised scores (by keys, if it has two axes).

    NaN are left out, an empty pool gives the prior. The share `spared` of the scores, the highest ones, are taken for
    what is looked for, and not for noise.
    """
    pool = _without(pool, spared)
    excess = np.maximum(np.nan_to_num(pool, nan=0.0, neginf=0.0) - _FROM, 0.0)
    beyond, scores = int((excess > 0).sum()), int((~np.isnan(pool)).sum())
    # Each key has so many votes: one that bursts daily has more excesses than fifty that do not.
    votes = np.minimum(1.0, _VOTES / np.maximum((excess > 0).sum(axis=0), 1)) if pool.ndim > 1 else 1.0
    weights = np.where(excess > 0, votes, 0.0)
    weight = float(weights.sum())
    total = weight * _weighted_median(excess, weights) / np.log(2)
    rate = (_PRIOR_BEYOND + beyond) / (_PRIOR_SCORES + scores)
    return Tail(rate, (_PRIOR_BEYOND * _PRIOR_MEAN + total) / (_PRIOR_BEYOND + weight))


def _without(pool: Array, share: float) -> Array:
    """The pool with NaN in the place of the share of its highest scores."""
    scores = np.sort(pool[~np.isnan(pool)])
    beyond = int(np.ceil(share * len(scores)))
    return np.where(pool >= scores[-beyond], np.nan, pool) if beyond else pool


def _weighted_median(values: Array, weights: Array) -> float:
    """The value at half of the weight; 0 without any."""
    chosen = weights > 0
    order = np.argsort(values[chosen], kind="stable")
    reached = np.cumsum(weights[chosen][order])
    return float(values[chosen][order][np.searchsorted(reached, reached[-1] / 2)]) if len(reached) else 0.0


def fit_each(pool: Array, *, spared: float = 0.0) -> Tail:
    """The tail of each key, from scores by keys: that of the whole pool, and heavier for a key that has shown so.

    `spared` as in `fit`.
    """
    rate, mean = fit(pool, spared=spared)
    excess = np.clip(np.nan_to_num(pool, nan=0.0, neginf=0.0) - _FROM, 0.0, _CUT)
    beyond, scores = (excess > 0).sum(axis=0), (~np.isnan(pool)).sum(axis=0)
    own = (_OWN_BEYOND * mean + excess.sum(axis=0)) / (_OWN_BEYOND + beyond)
    return Tail((_OWN_SCORES * rate + beyond) / (_OWN_SCORES + scores), np.maximum(mean, own))


def threshold(*, budget: float, tests: float, detectors: int) -> float:
    """The p-value at which to fire: `budget` alarms a day over `tests` buckets a day of each of `detectors`."""
    return budget / max(1.0, tests * detectors)
