"""How often is a pair decided, rightly or wrongly? `analysis.decide` on simulated rounds, looked at 3, 5 and 8.

The noise is what real runs had: the standard deviation of a paired log-ratio at 1,000 in flight is 0.06 on a quiet
machine and 0.18 on a busy one. A pair that is decided at a look is measured no further. `outcomes` asks the decision
itself, pair by pair; `shares` computes the same for all pairs at once, so that 400,000 of them take seconds: with 4,000
chance alone moves a rate of 1.25 % by 0.2.

    .venv/bin/python -m benchmarks.decisions [REPEATS]
"""

import math
import sys
from collections import Counter

import numpy as np
from msgspec.structs import replace
from scipy import special

from compare.analysis.decide import CPU_MARGIN, LOOK_P, LOOKS, SAME_ALPHA, SMALLEST_EFFECT, Word, decided
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


def shares(ratio: float, spread: float, repeats: int, seed: int = 0) -> tuple[dict[Word, float], float]:
    """Return the share of each word as the last, and the mean number of rounds it took."""
    logs = np.random.default_rng(seed).normal(math.log(ratio), spread, (repeats, LOOKS[-1]))
    words, rounds = np.full(repeats, str(Word.CANNOT_TELL), dtype=object), np.full(repeats, LOOKS[-1])
    undecided = np.ones(repeats, dtype=bool)
    for look in LOOKS:
        mean = logs[:, :look].mean(axis=1)
        error = logs[:, :look].std(axis=1, ddof=1) / math.sqrt(look)
        p_values = 2 * special.stdtr(look - 1, -np.abs(mean) / error)
        differs = undecided & (p_values < LOOK_P) & (np.exp(np.abs(mean)) - 1 > SMALLEST_EFFECT)
        half = error * special.stdtrit(look - 1, 1 - SAME_ALPHA)
        same = undecided & ~differs & (np.abs(mean) + half < math.log1p(CPU_MARGIN))
        words[differs], words[same], rounds[differs | same] = str(Word.DIFFERS), str(Word.SAME), look
        undecided &= ~(differs | same)
    return {word: float(np.mean(words == str(word))) for word in Word}, float(rounds.mean())


def main() -> None:
    """Print a line per true ratio and spread."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 400_000
    print(f"{repeats:,} pairs each\n")
    print(f"{'ratio':>6} {'sd':>5} {'differs':>8} {'same':>7} {'cannot tell':>12} {'rounds':>7}")
    for spread in SPREADS:
        for ratio in RATIOS:
            found, rounds = shares(ratio, spread, repeats)
            differs, same, cannot = (found[word] for word in (Word.DIFFERS, Word.SAME, Word.CANNOT_TELL))
            print(f"{ratio:>6} {spread:>5} {differs:>8.2%} {same:>7.2%} {cannot:>12.2%} {rounds:>7.1f}")


if __name__ == "__main__":
    main()
