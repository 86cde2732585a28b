"""How often is a pair decided, rightly or wrongly? `analysis.decide` on simulated rounds, looked at 3, 5 and 8.

The noise is what real runs had: the standard deviation of a paired log-ratio at 1,000 in flight is 0.06 on a quiet
machine and 0.18 on a busy one. A pair that is decided at a look is measured no further.

    .venv/bin/python -m benchmarks.decisions [REPEATS]
"""

import math
import sys
from collections import Counter

import numpy as np
from msgspec.structs import replace

from compare.analysis.decide import LOOKS, SMALLEST_EFFECT, Word, decided
from compare.analysis.metrics import THROUGHPUT
from compare.analysis.summary import Summary
from compare.contract import Paradigm, Server
from compare.records import Closed, Contestant

ROW = Summary("concurrency", Contestant(Server.AIOHTTP, Paradigm.NATIVE), Closed(1000))
SPREADS = (0.06, 0.18)
RATIOS = (1.0, 1.1, 1.25, 1.5, 2.2)


def outcomes(ratio: float, spread: float, repeats: int, seed: int = 0) -> tuple[Counter[Word], float]:
    """Return how often each word was the last, and the mean number of rounds it took."""
    rng, words, rounds = np.random.default_rng(seed), Counter[Word](), 0
    for logs in rng.normal(math.log(ratio), spread, (repeats, LOOKS[-1])):
        for look in LOOKS:
            found = decided(ROW, replace(ROW), THROUGHPUT, logs[:look].tolist(), SMALLEST_EFFECT)
            if found.decided:
                break
        words[found.word] += 1
        rounds += look
    return words, rounds / repeats


def main() -> None:
    """Print a line per true ratio and spread."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    print(f"{'ratio':>6} {'sd':>5} {'differs':>8} {'same':>7} {'cannot tell':>12} {'rounds':>7}")
    for spread in SPREADS:
        for ratio in RATIOS:
            words, rounds = outcomes(ratio, spread, repeats)
            shares = [words[word] / repeats for word in (Word.DIFFERS, Word.SAME, Word.CANNOT_TELL)]
            print(
                f"{ratio:>6} {spread:>5} {shares[0]:>8.1%} {shares[1]:>7.1%} {shares[2]:>12.1%} {rounds:>7.1f}"
            )


if __name__ == "__main__":
    main()
