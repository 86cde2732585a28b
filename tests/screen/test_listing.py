from compare.experiments.options import Preset
from compare.screen import listing


def test_experiments_are_listed_with_how_long_each_preset_takes():
    durations = {Preset.QUICK: 40, Preset.DEFAULT: 240, Preset.FULL: 7200}
    rows = [("pool", "How large a pool do I need?", durations), ("aa", "Is it right?", durations)]
    head, pool, aa = listing.experiments(rows).splitlines()
    assert pool == "pool        How large a pool do I need?   40 s    4 min  2 h 00 min"
    assert head.index("question") == pool.index("How") == aa.index("Is")
    assert len(head) == len(pool) == len(aa)
