"""Older run.json bodies -> the newest schema, one pure function per step, so that no kept run becomes unreadable.

Bodies are plain JSON values here: the structs of old versions are gone.
"""

import json
from collections.abc import Callable
from typing import Any

Body = dict[str, Any]  # Any: JSON values


def upgraded(body: Body, version: int, newest: int) -> Body:
    """Return `body`, which is of schema `version`, as schema `newest` has it."""
    for step in range(version, newest):
        body = STEPS[step](body)
    return body


def from_1(body: Body) -> Body:
    """Return a body of version 1 as version 2 has it.

    Loads of four kinds were told apart by sentinels: no rate = closed loop, a timeout shorter than the wait = clients
    that leave, `mixed`. Their findings were fields of every measurement. All measurements were of one machine,
    and of two tries the later one counted.
    """
    run = body["run"]
    again = {_key(one) for one in run["measurements"] if one["rerun"]}
    measurements = [
        _measurement(one) | {"superseded": not one["rerun"] and _key(one) in again}
        for one in run["measurements"]
    ]
    run = run | {"measurements": measurements, "schema_version": 2}
    return body | {"run": run, "environments": [], "places": [None] * len(measurements)}


def _measurement(old: Body) -> Body:
    new = {key: value for key, value in old.items() if key not in {"soak", "orphaned_s"}}
    load = _load(old["cell"]["load"])
    new["cell"] = old["cell"] | {"load": load}
    if old["soak"] is not None:
        new["finding"] = {"type": "soak"} | old["soak"]
    elif load["loop"] == "abandoned":
        new["finding"] = {"type": "orphans", "course": old["orphaned_s"]}
    return new


def _key(old: Body) -> str:
    return json.dumps(old["cell"], sort_keys=True)


def _load(old: Body) -> Body:
    always = {key: old[key] for key in ("concurrency", "delay_s", "duration_s", "warmup_s")}
    waited = {"timeout_s": old["timeout_s"]}
    offered = {"rate_rps": old["rate_rps"], "arrivals": old["arrivals"]}
    if old["mixed"]:
        return always | waited | offered | {"loop": "mixed"}
    if old["rate_rps"] is not None:
        return always | waited | offered | {"loop": "open"}
    if old["timeout_s"] < old["delay_s"]:
        return always | {"loop": "abandoned"}
    return always | waited | {"loop": "closed"}


STEPS: dict[int, Callable[[Body], Body]] = {1: from_1}  # by the version they start from
