"""The faults that `benchmarks.mutations` plants, by the file they are planted in.

To add a fault, add a line to a file's table: the text to replace (it must occur exactly once), what to put there.
Every fault listed changes what some caller or operator can tell.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A source file, the test files that must notice, and the faults as (old text, new text)."""

    source: str
    tests: tuple[str, ...]
    faults: tuple[tuple[str, str], ...]


SIGNING = Target(
    source="kit/tornado_cookies/signing.py",
    tests=(
        "tests/kit/test_signing.py",
        "tests/kit/test_signing_fuzz.py",
        "tests/kit/test_signing_tornado.py",
    ),
    faults=(
        ("DEFAULT_SIGNED_VALUE_VERSION = 2", "DEFAULT_SIGNED_VALUE_VERSION = 1"),
        ("DEFAULT_SIGNED_VALUE_MIN_VERSION = 1", "DEFAULT_SIGNED_VALUE_MIN_VERSION = 2"),
        ("_DAY_S = 86400", "_DAY_S = 86401"),
        ("31 * _DAY_S", "30 * _DAY_S"),
        ("[0-9]{0,2}", "[0-9]{0,3}"),
        (r"\|.*$", r"\|"),
        ('getLogger("tornado.general")', 'getLogger("compare.signing")'),
        ("self.clear()", "pass"),
        ('return f"<a cache of {len(self)}>"', "return super().__repr__()"),
        # writing
        ("b2a_base64(_utf8(value), newline=False)", "b2a_base64(_utf8(value))"),
        ("int(time.time() if", "round(time.time() if"),
        ('raise AssertionError("format 1', 'raise ValueError("format 1'),
        ("if key_version is None:", "if not key_version:"),
        ('str(key_version) if key_version else "0"', "str(key_version)"),
        ("(len(key), key", "(len(key.encode()), key"),
        ("len(name), _utf8(name), len(payload)", "len(_utf8(name)), _utf8(name), len(payload)"),
        # reading, the short way
        ("if min_version > 2:", "if min_version > 3:"),
        ("if not value:", "if value is None:"),
        ("type(text) is str and type(name) is str", "type(text) is str"),
        (' and "\\n" not in text', ""),
        (" and text.isascii()", ""),
        ("if signed == canonical and", "if"),
        (' and key_version in "0123456789"', ""),
        ("compare_digest(text[-64:], ", "compare_digest(text[-64:].lower(), "),
        ("if compare_digest(text[-64:], _hmac_sha256(key, signed.encode())):", "if True:"),
        ("secret[int(key_version)] if", "secret.get(int(key_version), '') if"),
        # reading, the lenient way
        ("if version < min_version or", "if version <= min_version or"),
        (" or version > 2:", ":"),
        ("return None if isinstance(secret, dict) else _decode_v1", "return _decode_v1"),
        ("secret[key_version] if", "secret.get(key_version, '') if"),
        ("authentic = compare_digest(signature, ", "authentic = signature.__eq__("),
        ("if not authentic or name", "if name"),
        (" or name is None or", " or"),
        (" or signed_name != _utf8(name):", ":"),
        (
            "    if signed_at_s < clock() - max_age_days * _DAY_S:\n        return",
            "    if False:\n        return",
        ),
        (
            "    if signed_at_s < clock() - max_age_days * _DAY_S:\n        return",
            "    if signed_at_s <= clock() - max_age_days * _DAY_S:\n        return",
        ),
        ("if _version(raw) > 1 else", "if _version(raw) == 2 else"),
        ("value[2:]", "value.partition(b'|')[2]"),
        ('if rest[size : size + 1] != b"|":', "if False:"),
        # HMAC
        ("if len(key) > 64", "if len(key) >= 64"),
        ("byte ^ 0x36", "byte ^ 0x35"),
        ("_keyed_by_bytes[secret]", "_keyed_by_text[secret]"),
        ("elif isinstance(secret, bytes):", "elif isinstance(secret, (bytes, memoryview)):"),
        # format 1
        ('digestmod="sha1"', 'digestmod="sha256"'),
        ("if len(parts) != 3:", "if len(parts) < 3:"),
        ("if not compare_digest(signature, _signature_v1(secret, name, payload, timestamp)):", "if False:"),
        (
            "    if signed_at_s < clock() - max_age_days * _DAY_S:\n        _log",
            "    if signed_at_s <= clock() - max_age_days * _DAY_S:\n        _log",
        ),
        ("elif signed_at_s > clock() + _V1_MAX_AHEAD_S:", "elif signed_at_s >= clock() + _V1_MAX_AHEAD_S:"),
        ('elif timestamp.startswith(b"0"):', "elif False:"),
        ('_log.warning("Expired', '_log.info("Expired'),
    ),
)

COOKIES = Target(
    source="kit/tornado_cookies/cookies.py",
    tests=(
        "tests/kit/test_cookies.py",
        "tests/kit/test_cookies_properties.py",
        "tests/kit/test_cookie_kit.py",
    ),
    faults=(
        ("MAX_PAIR_BYTES = 4096", "MAX_PAIR_BYTES = 4097"),
        ("MAX_ATTRIBUTE_BYTES = 1024", "MAX_ATTRIBUTE_BYTES = 1025"),
        ("MAX_AGE_S = 400 * 86400", "MAX_AGE_S = 401 * 86400"),
        ("(1601, 1, 1, 0, 0, 0)", "(1600, 1, 1, 0, 0, 0)"),
        ('_RESERVED |= {"secure", "version"}', '_RESERVED |= {"version"}'),
        ('"partitioned", "path", "samesite"}', '"path", "samesite"}'),
        ('_BLANK = " \\t"', "_BLANK = None"),
        ("`|~0-9A-Za-z", "`|~0-9A-Za-z@"),
        ('f"[{_NAME_CHARS}:]+"', 'f"[{_NAME_CHARS}:=]+"'),
        (r"[!#-+\--:<-\[\]-~]*", r"[!#-:<-\[\]-~]*"),
        (r"[!#-+\--:<-\[\]-~]*", r"[!#-+\--;<-\[\]-~]*"),
        (r'_is_visible = re.compile(r"[!-~]*")', r'_is_visible = re.compile(r"[ -~]*")'),
        (r'_is_attribute = re.compile(r"[!-:<-~]*")', r'_is_attribute = re.compile(r"[!-~]*")'),
        ('",": r"\\054", ', ""),
        ('";": r"\\073"', '";": ";"'),
        ("([0-3][0-7][0-7])", "([0-7][0-7][0-7])"),
        # reading
        ('b";".join(lines)', 'b",".join(lines)'),
        ('decode("latin-1").split(";")', 'decode("latin-1").replace(" ", ";").split(";")'),
        ("        if equals:\n", "        if True:\n"),
        ("found[name.strip(_BLANK)] = value", "found.setdefault(name.strip(_BLANK), value)"),
        (' or "" in found', ""),
        (" or not _RESERVED.isdisjoint(map(str.lower, found))", ""),
        ("and name.lower() not in _RESERVED", "and name not in _RESERVED"),
        ("if untidy or '\"' in values:", "if untidy:"),
        ('" " in values or ', ""),
        (' or "\\t" in values', ""),
        ("or not values.isascii()", ""),
        ('.encode("latin-1").decode("utf-8")', '.encode("latin-1").decode("utf-8", "replace")'),
        ("len(value) < 2 or ", ""),
        ("chr(int(octal, 8))", "chr(int(octal, 10))"),
        # writing
        ("if len(pair) - 1 > MAX_PAIR_BYTES:", "if len(pair) > MAX_PAIR_BYTES:"),
        ("if partitioned and not secure:", "if False:"),
        ('host_only=path == "/" and not domain', 'host_only=path == "/"'),
        ('host_only=path == "/" and not domain', "host_only=not domain"),
        ("    if not secure:\n        raise", "    if False:\n        raise"),
        ("if prefix in _HTTP_ONLY and not httponly:", "if False:"),
        (
            '"__host-http-", "__secure-", "__host-", "__http-"',
            '"__secure-", "__host-", "__http-", "__host-http-"',
        ),
        ("if prefix in _HOST_ONLY and not host_only:", "if prefix and not host_only:"),
        ("lowered = name.lower()", "lowered = name"),
        ('    if prefix:\n        scope["secure"] = True\n', ""),
        ('    if prefix in _HTTP_ONLY:\n        scope["httponly"] = True\n', ""),
        ("if len(headers) == MAX_COOKIES:", "if len(headers) > MAX_COOKIES:"),
        ("if domain and not _is_domain(domain):", "if False:"),
        ("len(domain) > MAX_DOMAIN_CHARS:", "len(domain) >= MAX_DOMAIN_CHARS:"),
        ('if path and path[0] != "/":', "if False:"),
        ("expires_days=-365", "expires_days=0"),
        ('    clear_cookie("any", now=now, **scope)\n', ""),
        ('{**scope, "domain": None, "path": "/"} if', "scope if"),
        ("        with contextlib.suppress(CookieError):  # the", "        if True:  # the"),
        ('self._headers[header.partition("=")[0]] = header', "self._headers[header] = header"),
        ('raise CookieError("value", "must be UTF-8', 'raise ValueError("value", "must be UTF-8'),
        ("if not escape and not _is_octets(text):", "if not _is_octets(text):"),
        ("if not escape and not _is_octets(text):", "if False:"),
        ("if len(value) > MAX_ATTRIBUTE_BYTES:", "if len(value) >= MAX_ATTRIBUTE_BYTES:"),
        ("not isinstance(value, str) or not _is_attribute(value)", "not isinstance(value, str)"),
        ('policy not in {"", "samesite=strict", "samesite=lax", "samesite=none"}', "False"),
        ('"samesite=lax", "samesite=none"}', '"samesite=none"}'),
        ("policy = attribute.lower()", "policy = attribute"),
        ('if policy == "samesite=none" and not secure:', "if False:"),
        ("    if max_age is None:", "    if not max_age:"),
        ("seconds = int(max_age)", "seconds = max_age"),
        ("< seconds <= MAX_AGE_S:", "< seconds < MAX_AGE_S:"),
        ('return f"Max-Age={seconds}"', 'return f"Max-Age={max_age}"'),
        ("if expires is None and expires_days is None:", "if not expires and not expires_days:"),
        ("_DAYS[at.weekday()]", "_DAYS[at.weekday() - 1]"),
        (", LookupError, OverflowError", ", OverflowError"),
        ("if moment_s >= now + MAX_AGE_S + 1:", "if moment_s >= now + MAX_AGE_S:"),
        ("if moment_s < _EARLIEST_S:", "if False:"),
        ("return calendar.timegm(expires.utctimetuple())", "return calendar.timegm(expires.timetuple())"),
        ("return calendar.timegm(expires)\n", "return time.mktime(expires)\n"),
    ),
)

XSRF = Target(
    source="kit/tornado_cookies/xsrf.py",
    tests=("tests/kit/test_xsrf.py", "tests/kit/test_xsrf_tornado.py"),
    faults=(
        ('frozenset({"GET", "HEAD", "OPTIONS"})', 'frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})'),
        ('FIELD = "_xsrf"', 'FIELD = "xsrf"'),
        ("mask = os.urandom(4) if mask is None else mask", 'mask = b"mask" if mask is None else mask'),
        ("return os.urandom(16)", "return b'0' * 16"),
        ('text[:2] == "2|" and "\\n" not in text', 'text[:2] == "2|"'),
        ('if match[1] == "2" else _ABSENT', "if True else _ABSENT"),
        ("if len(mask) != 4:", "if len(mask) < 4:"),
        ("return encoded\n", "return None\n"),
        ("        return decode(text).raw  # with", "        return None  # with"),
        ("text[44:].isdecimal()", "True"),
        ("if not given:", "if given is None:"),
        ("if not raw:", "if raw is None:"),
        ("if not compare_digest(raw, expected):", "if False:"),
        ('" ", argument).strip()', '" ", argument)'),
    ),
)
ORIGIN = Target(
    source="kit/tornado_cookies/origin.py",
    tests=("tests/kit/test_xsrf.py", "tests/kit/test_xsrf_tornado.py"),
    faults=(
        ('{"same-origin", "none"}', '{"same-origin", "same-site", "none"}'),
        ('{"same-origin", "none"}', '{"same-origin"}'),
        ("origin is None or _is_host", "not origin or _is_host"),
        (" or is_trusted(origin):", ":"),
        ("if origin and is_trusted(origin):", "if origin and False:"),
        ("netloc.lower() == host.lower()", "netloc.lower() == host"),
        ("        return False\n", "        raise\n"),
    ),
)
AIOHTTP_FACE = Target(
    source="kit/tornado_cookies/aiohttp.py",
    tests=("tests/kit/test_aiohttp_face.py", "tests/kit/test_cookie_kit.py", "tests/kit/test_xsrf.py"),
    faults=(
        ("if self._answer is not response.headers:", "if True:"),
        ("kept.app is request.app and ", ""),
        (" and kept.headers is request.headers", ""),
        ("if answer is not None:  # a signal", "if False:  # a signal"),
        ("sent_bytes > len(_CONTINUE)", "False"),
        ('getattr(writer, "_headers_buf", None), bytes', "None, bytes"),
        ("app.on_response_prepare.append(_guarding(settings))", "pass"),
        ("isinstance(route.http_exception, web.HTTPMethodNotAllowed)", "True"),
        ('not getattr(route.handler, "_xsrf_exempt", False)', "True"),
        ("return None if values is None else", "return None if not values else values[0] if True else"),
        ("(HttpProcessingError, LookupError, RuntimeError, ValueError)", "(RuntimeError,)"),
    ),
)
ASGI_FACE = Target(
    source="kit/tornado_cookies/asgi.py",
    tests=("tests/kit/test_asgi_face.py",),
    faults=(
        ("if not outgoing.left and message", "if message"),
        ("outgoing.left = True\n                if", "if"),
        (" or self.headers is not headers:", ":"),
        ("_Outgoing() if outer is None else outer.outgoing", "_Outgoing()"),
        ("_again(body, receive)", "receive"),
        ("if size > self.max_form_bytes:", "if False:"),
        ('if one.endswith("/*")', ""),
        ('"websocket.accept", ', ""),
        ("except _Disconnected:", "except KeyError:"),
    ),
)

# What a hand-written runtime gets wrong.
CALLBACK = Target(
    source="compare/paradigms/callback.py",
    tests=("tests/paradigms/test_callback.py", "tests/paradigms/test_generator.py"),
    faults=(
        # the callback runs on the worker thread
        ("loop.call_soon_threadsafe(finish, outcome)", "finish(outcome)"),
        # an exception in the work is swallowed
        ("outcome = Outcome(error=error)", "return"),
        ("raise self._error", "pass"),
        # a late result raises in a future that nobody waits for
        ("if future.done():", "if False:"),
        # an exception that no future can carry ends the wait of nobody
        ("future.set_exception(_awaitable(self._error))", "future.set_exception(self._error)"),
        # the loop is closed: the thread ends with a traceback
        ("contextlib.suppress(RuntimeError)", "contextlib.suppress(ValueError)"),
        ("daemon=True", "daemon=False"),
    ),
)
TRAMPOLINE = Target(
    source="compare/paradigms/trampoline.py",
    tests=(
        "tests/paradigms/test_trampoline.py",
        "tests/paradigms/test_generator.py",
        "tests/paradigms/test_coroutine.py",
    ),
    faults=(
        # an exception is not thrown into the generator
        ("return self._generator.throw(error)", "raise"),
        # the return value is lost
        ("self.finished.set_result(stop.value)", "self.finished.set_result(None)"),
        # what the handler raises is lost
        ("Outcome[Any](error=error).settle(self.finished)", "self.finished.set_result(None)"),
        # only one yield works
        ("return self._generator.send(value)", "self._generator.send(value)"),
        # a cancelled caller leaves its handler waiting
        ("                runner.cancel()\n", ""),
        # a cancelled caller leaves what its handler waits for running
        ("            self._cancel_yielded()\n", "            pass\n"),
        # a response after the caller left is sent in
        ("if self.finished.done():  # the caller", "if False:  # the caller"),
        # a handler that swallows the cancellation is left hanging
        ("self._generator.close()  # it", "pass  # it"),
        # a thread that cannot start is not told to the handler, which runs on
        ("except (TypeError, RuntimeError) as error:", "except TypeError as error:"),
    ),
)
GENERATOR = Target(
    source="compare/paradigms/generator.py",
    tests=("tests/paradigms/test_generator.py", "tests/paradigms/test_trampoline.py"),
    faults=(
        # a yield that is no long I/O is run all the same
        ("if not isinstance(yielded, GeneratorType):", "if False:"),
        # a long I/O that returns instead of yielding loses its response
        ("return stop.value  # type: ignore[no-any-return]  # StopIteration", "return None  # StopIteration"),
        # a long I/O's finally does not run
        ("        work.close()\n", "        pass\n"),
    ),
)
COROUTINE = Target(
    source="compare/paradigms/coroutine.py",
    tests=("tests/paradigms/test_coroutine.py", "tests/paradigms/test_trampoline.py"),
    faults=(
        # a yield of something else waits for ever
        ("not asyncio.isfuture(yielded) or ", ""),
        # a future of another loop calls back on another thread
        (" or yielded.get_loop() is not loop", ""),
        # a cancelled caller leaves the future pending
        ("return yielded.cancel", "return lambda: None"),
        # an exception is lost, or logged as never taken
        ("return Outcome(error=error)", "return Outcome(value=None)"),
    ),
)
FLIGHTS = Target(
    source="compare/serving/flights.py",
    tests=("tests/serving/test_flights.py", "tests/contract/test_contract.py"),
    faults=(
        ("working.discard(self)", "pass"),
        ("self.closed = True", "self.closed = False"),
        ("del self._open[flight]", "pass"),
        ("flight.task.uncancel()", "pass"),
        ("len(self._open) >= self._limit", "len(self._open) > self._limit"),
        ("if type(flight.result) is bytes:", "if True:"),
        ("if flight.admitted_s > due:", "if flight.admitted_s < due:"),
        ("self._completed += 1", "self._completed += 2"),
        ("self.draining or ", ""),
    ),
)
QUANTILES = Target(
    source="compare/analysis/quantiles.py",
    tests=("tests/analysis/test_quantiles.py", "tests/analysis/test_summary.py"),
    faults=(
        ("SAMPLES_ABOVE = 10", "SAMPLES_ABOVE = 9"),
        ("total * (1 - p) >= SAMPLES_ABOVE - 1e-6", "total * (1 - p) > SAMPLES_ABOVE"),
        # what was still waiting counts as answered when the waiting ended
        ("np.full(len(waited_s), np.inf)", "waited_s"),
        ("low + (ranks - below) * step", "low"),
        ("if 2 * len(told) <= len(percentiles):", "if 2 * len(told) < len(percentiles):"),
        ("if 2 * beyond >= len(told):", "if 2 * beyond > len(told):"),
        ("np.median([one.value_s for one in told])", "np.max([one.value_s for one in told])"),
        ("exact.low, math.inf, len(told)", "exact.low, exact.high, len(told)"),
        ("0.9995 * size_s", "size_s"),
    ),
)
INTERVALS = Target(
    source="compare/analysis/intervals.py",
    tests=("tests/analysis/test_intervals.py", "tests/analysis/test_paired.py"),
    faults=(
        ("CONFIDENCE = 0.95", "CONFIDENCE = 0.9"),
        ("ENOUGH_ROUNDS = 5", "ENOUGH_ROUNDS = 4"),
        ("equal_var=False", "equal_var=True"),
        ('method="BCa"', 'method="percentile"'),
        ("default_rng(0)", "default_rng()"),
        ("values[np.isfinite(values)]", "values[~np.isnan(values)]"),
        ("(self.high - self.low) / 2 / abs", "(self.high - self.low) / abs"),
        ("np.where(np.isnan(found), extremes, found)", "found"),
        ("float(np.median(row)), float(low)", "float(np.mean(row)), float(low)"),
    ),
)
PAIRED = Target(
    source="compare/analysis/paired.py",
    tests=("tests/analysis/test_paired.py", "tests/experiments/test_aa.py"),
    faults=(
        ("SMALLEST_EFFECT = 0.05", "SMALLEST_EFFECT = 0.04"),
        ("floor = max(floor, SMALLEST_EFFECT)", "pass"),
        ("np.arange(len(order), 0, -1)", "1"),
        ("np.arange(len(order), 0, -1)", "len(order)"),
        ("np.maximum.accumulate(p[order]", "(p[order]"),
        ("if not (a.valid and b.valid):", "if not a.valid:"),
        # rounds are paired by their place, not by their number
        ("theirs.get(figures.cell.round, math.nan)", "next(iter(theirs.values()), math.nan)"),
        ("max(ratio, 1 / ratio) - 1", "ratio - 1"),
        ("if ratio.rounds < 2:", "if ratio.rounds < 3:"),
        ("excludes_one and p_value", "p_value"),
        ("p_value < _SIGNIFICANCE and ", ""),
        (" and _effect(ratio.value) > floor", ""),
    ),
)
VALIDITY = Target(
    source="compare/analysis/validity.py",
    tests=("tests/analysis/test_validity.py", "tests/analysis/test_rounds.py"),
    faults=(
        ("1.01 * signs.most_successes + 1", "1.02 * signs.most_successes + 1"),
        ("signs.most_successes + 1", "signs.most_successes"),
        ("short_waits_share > 0.01", "short_waits_share > 0.02"),
        ("max(1e-3, 0.1 * median_s)", "1e-3"),
        ("max(1e-3, 0.1 * median_s)", "0.1 * median_s"),
        ("sent_share < 0.995", "sent_share < 0.99"),
        ("generator_cpu_share > 0.7", "generator_cpu_share > 0.8"),
        ("abs(signs.littles_ratio - 1)", "(signs.littles_ratio - 1)"),
        ("abs(signs.littles_ratio - 1)", "(1 - signs.littles_ratio)"),
        ("signs.successes == 0", "False"),
        ("0.95 and not too_many", "0.95"),
        ("signs.failures > 0", "signs.failures > 1"),
        ("        Warning.LIMIT_HIT,\n        Warning.NO_SUCCESS,\n", "        Warning.LIMIT_HIT,\n"),
    ),
)
WINDOW = Target(
    source="compare/analysis/window.py",
    tests=("tests/analysis/test_window.py", "tests/analysis/test_rounds.py"),
    faults=(
        ("self.mine & ~self.success & ~self.censored", "self.mine & ~self.success"),
        ("waits < 0.99 * wait_s - 5e-5", "waits < wait_s"),
        ("due = max(scheduled, self.intended)", "due = self.intended"),
        ("np.maximum(self.samples.intended_s, 0)", "self.samples.intended_s"),
        # what is censored made the median smaller
        ("waited = self.samples.end_s - self.samples.intended_s[waiting]", "waited = took[:0]"),
        # service instead of response
        ("self._latency(self.samples.intended_s, ", "self._latency(self.samples.sent_s, "),
    ),
)

TARGETS = {
    "signing": SIGNING,
    "cookies": COOKIES,
    "xsrf": XSRF,
    "origin": ORIGIN,
    "aiohttp": AIOHTTP_FACE,
    "asgi": ASGI_FACE,
    "callback": CALLBACK,
    "generator": GENERATOR,
    "trampoline": TRAMPOLINE,
    "coroutine": COROUTINE,
    "flights": FLIGHTS,
    "quantiles": QUANTILES,
    "intervals": INTERVALS,
    "paired": PAIRED,
    "validity": VALIDITY,
    "window": WINDOW,
}
