import hashlib
import inspect
import subprocess
import sys

import pytest
from signed import BOB_V1, BOB_V2, DAY, EMPTY_V2, NOW, OLD, SECRET, at, macd, read, sign
from tornado import web

from tornado_cookies import signing
from tornado_cookies.signing import create_signed_value, decode_signed_value, get_signature_key_version


class TestBytes:
    def test_v2_writes_the_known_bytes(self):
        assert sign() == sign("bob") == BOB_V2
        assert sign(b"") == EMPTY_V2

    def test_v1_writes_the_known_bytes_when_asked(self):
        assert sign(version=1) == BOB_V1

    def test_known_bytes_read_back_as_bytes_from_text_and_bytes(self):
        for known in (BOB_V1, BOB_V2):
            for value in (known, known.decode()):
                assert read(value) == b"bob"
                assert type(read(value)) is bytes
        assert read(EMPTY_V2) == b""

    @pytest.mark.parametrize("size", [*range(14), 73, 74, 75, 76, 749, 750, 751, 2990, 7499, 7500])
    def test_a_payload_of_any_size_comes_back(self, size):
        payload = hashlib.shake_128(b"seed").digest(size)
        assert read(sign(payload)) == read(sign(payload).decode()) == payload

    def test_a_payload_of_2990_bytes_still_fits_a_browser(self):
        assert len("sid") + len(sign(b"x" * 2990)) <= 4096

    @pytest.mark.parametrize("length", [0, 1, 32, 63, 64, 65, 200])
    def test_a_secret_of_any_length_keys_hmac_as_the_standard_library_does(self, length):
        secret = "k" * length
        body = b"2|1:0|10:1700000000|3:sid|4:Ym9i|"
        assert sign(secret=secret) == sign(secret=secret.encode()) == macd(body, secret)

    def test_text_counts_as_utf8(self):
        assert sign("é", secret="ü") == sign("é".encode(), secret="ü".encode())

    def test_without_a_clock_it_signs_and_reads_now(self, monkeypatch):
        monkeypatch.setattr("time.time", at(NOW + 0.9))
        assert create_signed_value(SECRET, "sid", "bob") == BOB_V2
        assert decode_signed_value(SECRET, "sid", BOB_V2) == b"bob"
        monkeypatch.setattr("time.time", at(NOW + 32 * DAY))
        assert decode_signed_value(SECRET, "sid", BOB_V2) is None

    def test_signatures_and_defaults_are_tornados(self):
        for name in ("create_signed_value", "decode_signed_value", "get_signature_key_version"):
            ours, theirs = (inspect.signature(getattr(module, name)).parameters for module in (signing, web))
            assert [(p.name, p.default, p.kind) for p in ours.values()] == [
                (p.name, p.default, p.kind) for p in theirs.values()
            ]
        for name in ("DEFAULT_SIGNED_VALUE_VERSION", "DEFAULT_SIGNED_VALUE_MIN_VERSION"):
            assert getattr(signing, name) == getattr(web, name)

    def test_it_needs_no_tornado(self):
        code = "import sys, tornado_cookies.signing; sys.exit('tornado' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestRefusedOnWriting:
    @pytest.mark.parametrize("value", [None, 5, bytearray(b"x"), ["x"]])
    @pytest.mark.parametrize("version", [1, 2])
    def test_a_value_that_is_neither_text_nor_bytes(self, value, version):
        with pytest.raises(TypeError, match=rf"^expected text or bytes, got {type(value)}$"):
            sign(value, version=version)

    @pytest.mark.parametrize("name", [None, 5, bytearray(b"sid")])
    @pytest.mark.parametrize("version", [1, 2])
    def test_a_name_that_is_neither_text_nor_bytes(self, name, version):
        with pytest.raises(TypeError):
            sign(name=name, version=version)

    @pytest.mark.parametrize("secret", [None, 5, bytearray(b"x"), memoryview(b"x")])
    @pytest.mark.parametrize("version", [1, 2])
    def test_a_secret_that_is_neither_text_nor_bytes(self, secret, version):
        sign(secret=b"x")  # a memoryview equals the bytes it views: it must not be found in their place
        expected = "a secret of text or bytes" if version == 2 else "text or bytes"
        with pytest.raises(TypeError, match=rf"^expected {expected}, got {type(secret)}$"):
            sign(secret=secret, version=version)
        with pytest.raises(TypeError):
            read(BOB_V2 if version == 2 else BOB_V1, secret=secret)

    @pytest.mark.parametrize("version", [0, 3, -1])
    def test_an_unknown_format(self, version):
        with pytest.raises(ValueError, match=rf"^Unsupported version {version}$"):
            sign(version=version)

    def test_a_format_that_is_no_number(self):
        with pytest.raises(TypeError):
            sign(version="2")

    def test_a_dict_without_a_key_version(self):
        with pytest.raises(AssertionError, match=r"^a dict of secrets needs a key_version to sign with$"):
            sign(secret={0: SECRET})

    def test_a_dict_for_format_1(self):
        said = r"^format 1 has no key version, so a dict of secrets cannot sign it$"
        with pytest.raises(AssertionError, match=said):
            sign(secret={0: SECRET}, version=1, key_version=0)

    def test_a_key_version_the_dict_lacks(self):
        with pytest.raises(KeyError):
            sign(secret={0: SECRET}, key_version=1)

    def test_text_that_is_no_unicode(self):
        with pytest.raises(UnicodeEncodeError):
            sign("\ud800")


class TestReadsAsAbsent:
    @pytest.mark.parametrize("value", [None, "", b""])
    def test_nothing(self, value):
        assert read(value) is None

    @pytest.mark.parametrize(
        "value",
        ["x", "|", "||", "2|", "2|1:0", "2|1:0|", "2||||||", "a b", "é|é|é", "2|1:0|10:1700000000|3:sid|"],
    )
    def test_garbage(self, value):
        assert read(value) is None
        assert read(value.encode()) is None

    def test_every_truncation(self):
        for end in range(len(BOB_V2)):
            assert read(BOB_V2[:end]) is None

    def test_every_flipped_bit(self):
        for position in range(len(BOB_V2)):
            for bit in range(8):
                forged = bytearray(BOB_V2)
                forged[position] ^= 1 << bit
                assert read(bytes(forged)) is None
                assert read(forged.decode("latin-1")) is None

    def test_an_upper_case_signature(self):
        body, _, signature = BOB_V2.rpartition(b"|")
        assert read(body + b"|" + signature.upper()) is None

    def test_another_name(self):
        assert read(BOB_V2, name="sie") is None
        assert read(BOB_V2, name="si") is None
        assert read(BOB_V2, name=None) is None

    def test_another_secret(self):
        assert read(BOB_V2, secret="correct horsf") is None

    @pytest.mark.parametrize("version", [3, 9, 10, 42, 999])
    def test_a_format_from_3_to_999(self, version):
        assert read(macd(b"%d|1:0|10:1700000000|3:sid|4:Ym9i|" % version)) is None

    @pytest.mark.parametrize("secret", [SECRET, OLD])
    def test_a_key_version_that_is_not_a_digit(self, secret):
        assert read(macd(b"2|1:X|10:1700000000|3:sid|4:Ym9i|"), secret=secret) is None

    def test_format_1_when_format_2_is_the_oldest(self):
        assert read(BOB_V1, min_version=2) is None
        assert read(BOB_V2, min_version=2) == b"bob"

    def test_min_version_above_2_is_refused_even_for_nothing(self):
        for value in (BOB_V2, None):
            with pytest.raises(ValueError, match=r"^Unsupported min_version 3$"):
                read(value, min_version=3)

    @pytest.mark.parametrize("value", [5, bytearray(b"x"), ["x"]])
    def test_neither_text_nor_bytes_is_refused(self, value):
        with pytest.raises(TypeError):
            read(value)
        with pytest.raises(TypeError):
            get_signature_key_version(value)


class TestAge:
    def test_v2_is_valid_to_the_second_it_becomes_too_old(self):
        assert read(BOB_V2, now=NOW + 31 * DAY) == b"bob"
        assert read(BOB_V2, now=NOW + 31 * DAY + 0.001) is None
        assert read(BOB_V2, now=NOW + 31 * DAY + 1) is None

    def test_v1_is_valid_to_the_second_it_becomes_too_old(self, caplog):
        assert read(BOB_V1, now=NOW + 31 * DAY) == b"bob"
        assert read(BOB_V1, now=NOW + 31 * DAY + 0.001) is None
        assert caplog.messages == [f"Expired cookie {BOB_V1!r}"]

    def test_max_age_is_in_days_and_may_be_a_fraction(self):
        assert read(BOB_V2, now=NOW + DAY // 2, max_age_days=0.5) == b"bob"
        assert read(BOB_V2, now=NOW + DAY // 2 + 1, max_age_days=0.5) is None
        assert read(BOB_V2, now=NOW, max_age_days=0) == b"bob"
        assert read(BOB_V2, now=NOW, max_age_days=-1) is None

    def test_v2_has_no_future_check(self):
        assert read(BOB_V2, now=0) == b"bob"

    def test_v1_is_refused_more_than_31_days_ahead_whatever_the_age_allowed(self, caplog):
        assert read(BOB_V1, now=NOW - 31 * DAY, max_age_days=1) == b"bob"
        assert read(BOB_V1, now=NOW - 31 * DAY - 1, max_age_days=400) is None
        assert caplog.messages == [f"Cookie timestamp in future; possible tampering {BOB_V1!r}"]

    @pytest.mark.parametrize("now", [0, 999_999_999, 9_999_999_999, 10_000_000_000, -5, 1_700_000_000.999])
    def test_any_time_is_signed_in_whole_seconds_and_reads_back(self, now):
        stamp = b"%d" % int(now)
        assert sign(now=now) == macd(b"2|1:0|%d:%b|3:sid|4:Ym9i|" % (len(stamp), stamp))
        assert read(sign(now=now), now=now) == b"bob"

    def test_the_clock_is_read_only_behind_a_valid_signature_and_name(self):
        def forbidden():
            raise RuntimeError("read the clock")

        for value in (BOB_V2[:-1] + b"2", BOB_V1[:-1] + b"0", "garbage"):
            assert decode_signed_value(SECRET, "sid", value, clock=forbidden) is None
        assert decode_signed_value(SECRET, "other", BOB_V2, clock=forbidden) is None
        with pytest.raises(RuntimeError):
            decode_signed_value(SECRET, "sid", BOB_V2, clock=forbidden)

    def test_an_error_of_the_clock_is_delivered_on(self):
        def broken():
            raise ValueError("no time")

        for value in (BOB_V1, BOB_V2):
            with pytest.raises(ValueError, match="no time"):
                decode_signed_value(SECRET, "sid", value, clock=broken)
