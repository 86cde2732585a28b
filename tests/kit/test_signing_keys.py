"""Keys: their rotation, what a secret may be, and what is kept of one in memory."""

import hmac
import subprocess
import sys
import tracemalloc

import pytest
from signed import BOB_V1, BOB_V2, BOTH, OLD, macd, read, sign
from tornado import web

from tornado_cookies import format1, keyed, signing
from tornado_cookies.signing import get_signature_key_version


class TestRotation:
    @pytest.mark.parametrize("key_version", [0, 1, 12])
    def test_the_key_version_says_which_key_signs_and_reads(self, key_version):
        value = sign(secret=BOTH, key_version=key_version)
        assert value.startswith(b"2|%d:%d|" % (len(str(key_version)), key_version))
        assert read(value, secret=BOTH) == b"bob"
        assert read(value, secret=BOTH[key_version]) == b"bob"
        assert get_signature_key_version(value) == key_version

    def test_a_bare_secret_moves_into_a_dict_and_nobody_is_logged_out(self):
        assert read(BOB_V2, secret=BOTH) == b"bob"
        assert read(sign(secret=BOTH, key_version=0)) == b"bob"

    def test_a_bare_secret_ignores_the_key_version_it_reads_and_writes_the_one_it_is_told(self):
        value = sign(key_version=7)
        assert value == macd(b"2|1:7|10:1700000000|3:sid|4:Ym9i|")
        assert read(value) == b"bob"
        assert read(value, secret=BOTH) is None

    def test_a_key_taken_out_reads_nothing_any_more(self):
        for key_version in (1, 12):
            assert read(sign(secret=BOTH, key_version=key_version), secret=OLD) is None
        assert read(BOB_V2, secret={}) is None

    def test_a_value_of_one_key_does_not_pass_as_one_of_another(self):
        forged = sign(secret=BOTH, key_version=1).replace(b"2|1:1|", b"2|1:0|")
        assert read(forged, secret=BOTH) is None

    def test_the_one_difference_a_dict_and_a_value_that_is_not_v2_reads_as_none(self, caplog):
        for value in ("garbage", BOB_V1, "1234|1|2", "1|1:0|", "2|1:0\n|"):
            assert read(value, secret=BOTH) is None
            with pytest.raises(AssertionError):
                web.decode_signed_value(BOTH, "sid", value)
        assert caplog.messages == []

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (BOB_V2, 0),
            (BOB_V2.decode(), 0),
            (b"2|2:-1|1:0|1:a|0:|", -1),
            (b"3|1:4|1:0|1:a|0:|", 4),
            (b"10|1:4|1:0|1:a|0:|", None),
            (b"2|1:4|1:0|1:a|0:|anything\n", 4),
            (b"2|1:4|1:0|1:a\n|0:|", None),
            (b"2|1:x|1:0|1:a|0:|", None),
            (b"2|1:4|1:0|1:a|0:", None),
            (BOB_V1, None),
            (b"1|1:4|1:0|1:a|0:|", None),
            (b"02|1:4|1:0|1:a|0:|", None),
            (b"1000|1:4|1:0|1:a|0:|", None),
            (b"", None),
        ],
    )
    def test_the_key_version_is_told_unverified(self, value, expected):
        assert get_signature_key_version(value) == expected == web.get_signature_key_version(value)


class TestSecretsAndMemory:
    def test_signatures_are_compared_in_constant_time(self, monkeypatch):
        compared = []

        def spy(left, right):
            compared.append((left, right))
            return hmac.compare_digest(left, right)

        for module in (signing, format1):
            monkeypatch.setattr(module, "compare_digest", spy)
        odd = macd(b"2|2:00|10:1700000000|3:sid|4:Ym9i|")
        for value in (BOB_V1, BOB_V2, BOB_V2.decode(), odd, BOB_V2[:-1] + b"2"):
            read(value)
        assert len(compared) == 5

    def test_keyed_hashes_are_bounded(self):
        limit = keyed.Cache.LIMIT
        for number in range(3 * limit):
            for secret in (f"secret {number}", b"secret %d" % number):
                assert (
                    read(sign(secret=secret, name=f"n{number}"), secret=secret, name=f"n{number}") == b"bob"
                )
        for cache in (keyed._keyed_by_text, keyed._keyed_by_bytes, signing._name_fields):
            assert 0 < len(cache) <= limit

    def test_a_full_cache_forgets_all_before_it_takes_one_more(self):
        cache = keyed.Cache(str)
        assert [cache[number] for number in range(cache.LIMIT)] == [
            str(number) for number in range(cache.LIMIT)
        ]
        assert len(cache) == cache.LIMIT
        assert cache[cache.LIMIT] == str(cache.LIMIT)
        assert list(cache) == [cache.LIMIT]

    def test_a_keyed_hash_is_not_changed_by_use(self):
        assert [sign() for _ in range(3)] == [BOB_V2] * 3
        assert [read(BOB_V2) for _ in range(3)] == [b"bob"] * 3

    def test_no_secret_shows_in_what_the_module_holds_or_in_an_error(self):
        sign(secret="hunter2hunter2")
        sign(secret=b"hunter2hunter2")
        for value in vars(signing).values():
            assert "hunter2" not in repr(value)
        with pytest.raises(TypeError) as error:
            sign(secret=bytearray(b"hunter2"))
        assert "hunter2" not in str(error.value)

    @pytest.mark.parametrize("flags", [["-bb"], ["-O"]])
    def test_text_and_bytes_secrets_live_together_whatever_the_interpreters_flags(self, flags):
        code = (
            "from tornado_cookies.signing import *\n"
            "from tornado_cookies.signing import create_signed_value as c, decode_signed_value as d\n"
            "v = [c(s, n, 'v') for s in ('abc', b'abc') for n in ('sid', b'sid')]\n"
            "out = [d(s, n, x) for s in ('abc', b'abc') for n in ('sid', b'sid') for x in v]\n"
            "raise SystemExit(out != [b'v'] * 16)"
        )
        assert subprocess.run([sys.executable, *flags, "-c", code], check=False).returncode == 0

    def test_a_dict_without_a_key_version_is_refused_where_python_drops_assertions_too(self):
        code = (
            "from tornado_cookies.signing import create_signed_value\n"
            "try: create_signed_value({0: 'x'}, 'n', 'v')\n"
            "except AssertionError: raise SystemExit(0)\n"
            "raise SystemExit(1)"
        )
        assert subprocess.run([sys.executable, "-O", "-c", code], check=False).returncode == 0

    @pytest.mark.parametrize("version", [1, 2])
    def test_reading_takes_memory_in_proportion_to_the_value(self, version):
        value = sign(b"x" * 45_000, version=version)
        tracemalloc.start()
        try:
            read(value)
            assert tracemalloc.get_traced_memory()[1] < 10 * len(value)
        finally:
            tracemalloc.stop()
