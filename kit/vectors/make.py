"""Make the vectors from Tornado itself: `python kit/vectors/make.py`; `--check` only says whether they are as made.

Every verdict is Tornado's own, save the cases marked "kit": where docs/cookies.md lists a difference, and the reasons.
The cases are in `made_signed`, `made_xsrf` and `made_cookies`.
"""

import json
import sys
from pathlib import Path

from made_cookies import cookie_cases, set_cookie_cases
from made_signed import created, decoded
from made_xsrf import xsrf_cases

HERE = Path(__file__).parent


def main() -> int:
    """Write the files, or check them."""
    made = {
        "signed": [*created(), *decoded()],
        "xsrf": xsrf_cases(),
        "set-cookie": set_cookie_cases(),
        "cookie": cookie_cases(),
    }
    stale = []
    for name, cases in made.items():
        document = {"schema": 1, "cases": cases}
        text = json.dumps(document, indent=0, ensure_ascii=True, sort_keys=True) + "\n"
        path = HERE / f"{name}.json"
        if "--check" in sys.argv:
            stale += [] if path.read_text() == text else [path.name]
        else:
            path.write_text(text)
    print(sum(map(len, made.values())), "cases;", "stale: " + ", ".join(stale) if stale else "as made")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
