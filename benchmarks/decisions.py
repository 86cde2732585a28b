"""How often is a pair decided, rightly or wrongly? `analysis.decide` on simulated rounds, looked at 3, 5 and 8.

The noise is what real runs had: the standard deviation of a paired log-ratio at 1,000 in flight is 0.06 on a quiet
machine and 0.18 on a busy one. A pair that is decided at a look is measured no further. `outcomes` asks the decision
itself, pair by pair; `shares` computes the same for all pairs at once, so that 400,000 of them take seconds: with 4,000
chance alone moves a rate of 1.25 % by 0.2.

A second table says what each p at a look makes of equal pairs in all. There the test stands alone, without the smallest
effect and without the "same" that ends a pair's measuring, both of which make false alarms fewer: it depends on no
noise, and bounds what any noise gives. It is of ten times as many pairs, so that chance moves a rate by 0.006 %.

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
BUDGET = 0.0125  # of false alarms, for a pair
PS = (0.0042, LOOK_P, 0.0046, 0.0048)
MORE = 10  # times as many pairs for the second table


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
        mean, error, p_values = _tested(logs[:, :look])
        differs = undecided & (p_values < LOOK_P) & (np.exp(np.abs(mean)) - 1 > SMALLEST_EFFECT)
        half = error * special.stdtrit(look - 1, 1 - SAME_ALPHA)
        same = undecided & ~differs & (np.abs(mean) + half < math.log1p(CPU_MARGIN))
        words[differs], words[same], rounds[differs | same] = str(Word.DIFFERS), str(Word.SAME), look
        undecided &= ~(differs | same)
    return {word: float(np.mean(words == str(word))) for word in Word}, float(rounds.mean())


def smallest_p(repeats: int, seed: int = 0) -> np.ndarray:
    """Return for each of so many equal pairs the smallest p that a look at it sees."""
    logs = np.random.default_rng(seed).normal(0.0, 1.0, (repeats, LOOKS[-1]))
    return np.min([_tested(logs[:, :look])[2] for look in LOOKS], axis=0)


def _tested(logs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean, standard error and p of each row, by the t-test."""
    rounds = logs.shape[1]
    mean, error = logs.mean(axis=1), logs.std(axis=1, ddof=1) / math.sqrt(rounds)
    return mean, error, 2 * special.stdtr(rounds - 1, -np.abs(mean) / error)


def main() -> None:
    """Print a line per true ratio and spread, then one per p at a look."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 400_000
    print(f"{repeats:,} pairs each\n")
    print(
        "| true ratio | noise | differs | same within 10 % | cannot tell | rounds |\n|---:|---:|---:|---:|---:|---:|"
    )
    for spread in SPREADS:
        for ratio in RATIOS:
            found, rounds = shares(ratio, spread, repeats)
            differs, same, cannot = (found[word] for word in (Word.DIFFERS, Word.SAME, Word.CANNOT_TELL))
            print(f"| {ratio} | {spread} | {differs:.2%} | {same:.1%} | {cannot:.1%} | {rounds:.1f} |")
    alarms = [
        [float(np.mean(p < each)) for each in PS] for p in (smallest_p(repeats, n) for n in range(MORE))
    ]
    print(
        f"\nequal pairs told apart by the test alone, {MORE * repeats:,} of them; the budget is {BUDGET:.2%}\n"
    )
    for each, rates in zip(PS, zip(*alarms, strict=True), strict=True):
        rate = float(np.mean(rates))
        chance = math.sqrt(rate * (1 - rate) / MORE / repeats)
        print(f"p < {each:.4f} at a look: {rate:.3%} ± {2 * chance:.3%}")


if __name__ == "__main__":
    main()
