"""How late the open loop sends, how evenly, and how fast it can: against a static nginx on the other CPU.

Lag is sent - intended. Run: ``python -m benchmarks.pacing``.
"""

import numpy as np

from benchmarks.generator_vs_wrk import CLIENT_CPU, nginx
from compare.harness import load
from compare.records import Arrivals, Open, Samples

ROWS = (
    (1_000.0, Arrivals.CONSTANT, 5.0),
    (1_000.0, Arrivals.POISSON, 5.5),
    (5_000.0, Arrivals.CONSTANT, 3.0),
    (10_000.0, Arrivals.CONSTANT, 3.0),
    (20_000.0, Arrivals.CONSTANT, 3.0),
    (20_000.0, Arrivals.POISSON, 3.0),
)


def spread(samples: Samples) -> float:
    """Return the coefficient of variation of the gaps between sends, over 5,000 at most: 0 is even, 1 is Poisson."""
    gaps = np.diff(samples.sent_s[samples.intended_s >= 0][:5001])
    return float(gaps.std() / gaps.mean())


def main() -> None:
    """Print a row for each rate."""
    print("rate asked  arrivals   sent/s   lag p50   lag p99   lag max  gap CV  CPU share  failed")
    with nginx() as url:
        for rate_rps, arrivals, seconds in ROWS:
            asked = Open(200, delay_s=0.0, duration_s=seconds, rate_rps=rate_rps, arrivals=arrivals)
            result = load.run(url, asked, seed=1, cpu=CLIENT_CPU)
            samples = result.samples
            mine = samples.intended_s >= 0
            lag_ms = (samples.sent_s - samples.intended_s)[mine] * 1e3
            p50, p99 = np.nanpercentile(lag_ms, [50, 99])
            sent = np.count_nonzero(~np.isnan(lag_ms)) / samples.window_s
            failed = np.count_nonzero(samples.status[mine] != 200)
            print(
                f"{rate_rps:8,.0f}/s  {arrivals:9} {sent:8,.0f}  {p50:5.3f} ms  {p99:5.3f} ms  "
                f"{np.nanmax(lag_ms):5.2f} ms  {spread(samples):6.3f}  {result.report.cpu_share:9.0%}  {failed:6d}"
            )


if __name__ == "__main__":
    main()
