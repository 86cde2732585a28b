"""The faults that `benchmarks.mutations` plants, by the name of their table.

To add a fault, add a line to a file's table: the text to replace (it must occur exactly once), what to put there.
Every fault listed changes what some caller or operator can tell.
"""

from benchmarks import faults_analysis, faults_faces, faults_kit, faults_mistakes, faults_servers
from benchmarks.planted import Target

_FILES = {
    "signing": faults_kit.SIGNING,
    "keyed": faults_kit.KEYED,
    "format1": faults_kit.FORMAT1,
    "cookies": faults_kit.COOKIES,
    "attributes": faults_kit.ATTRIBUTES,
    "xsrf": faults_kit.XSRF,
    "origin": faults_kit.ORIGIN,
    "aiohttp": faults_kit.AIOHTTP_FACE,
    "asgi": faults_kit.ASGI_FACE,
    "forms": faults_faces.FORMS,
    "tornado": faults_faces.TORNADO_FACE,
    "storage": faults_faces.STORAGE,
    "callback": faults_servers.CALLBACK,
    "generator": faults_servers.GENERATOR,
    "trampoline": faults_servers.TRAMPOLINE,
    "coroutine": faults_servers.COROUTINE,
    "flights": faults_servers.FLIGHTS,
    "supervisor": faults_servers.SUPERVISOR,
    "asking": faults_servers.ASKING,
    "ports": faults_servers.PORTS,
    "notify": faults_servers.NOTIFY,
    "worker_process": faults_servers.WORKER_PROCESS,
    "launch": faults_servers.LAUNCH,
    "spread": faults_servers.SPREAD,
    "quantiles": faults_analysis.QUANTILES,
    "units": faults_analysis.UNITS,
    "intervals": faults_analysis.INTERVALS,
    "paired": faults_analysis.PAIRED,
    "decide": faults_analysis.DECIDE,
    "outcome": faults_analysis.OUTCOME,
    "metrics": faults_analysis.METRICS,
    "rounds": faults_analysis.ROUNDS,
    "observed": faults_analysis.OBSERVED,
    "validity": faults_analysis.VALIDITY,
    "window": faults_analysis.WINDOW,
    "monitor": faults_servers.MONITOR,
    "brake": faults_servers.BRAKE,
    "planted": faults_analysis.PLANTED,
}
# By name, the files of a table: one each, except for the mistakes that docs/methodology.md lists.
TARGETS: dict[str, tuple[Target, ...]] = {name: (target,) for name, target in _FILES.items()}
TARGETS["mistakes"] = faults_mistakes.MISTAKES
