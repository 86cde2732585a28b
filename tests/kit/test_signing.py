import base64
import enum
import hashlib
import hmac
import inspect
import logging
import subprocess
import sys
import tracemalloc

import pytest
from tornado import web

from tornado_cookies import format1, keyed, signing
from tornado_cookies.signing import create_signed_value, decode_signed_value, get_signature_key_version

SECRET = "correct horse"
NOW = 1_700_000_000
DAY = 86400

OLD = {0: SECRET}
BOTH = {0: SECRET, 1: b"new secret", 12: "third"}

BOB_V1 = b"Ym9i|1700000000|208846401f67a7aed38fe682199e75ddef4b44e9"
BOB_V2 = b"2|1:0|10:1700000000|3:sid|4:Ym9i|ec53be031eee306c2285c366824fc90e8279ef745cf8d6e924dd3e5930628911"
EMPTY_V2 = b"2|1:0|10:1700000000|3:sid|0:|e6b24a5e5b8f80e21f64fd2f3b9c4b499951af9ba35b214c1464daa851af685e"


def at(seconds):
    return lambda: seconds


def sign(value=b"bob", name="sid", secret=SECRET, now=NOW, **more):
    return create_signed_value(secret, name, value, clock=at(now), **more)


def read(value, name="sid", secret=SECRET, now=NOW, **more):
    return decode_signed_value(secret, name, value, clock=at(now), **more)


def macd(body, secret=SECRET):
    """What a holder of the key may write: any body, correctly signed."""
    return body + hmac.new(secret.encode(), body, "sha256").hexdigest().encode()


def macd_v1(payload, timestamp, name=b"sid", secret=SECRET):
    signature = hmac.new(secret.encode(), name + payload + timestamp, "sha1").hexdigest()
    return payload + b"|" + timestamp + b"|" + signature.encode()


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


class TestQuirksBehindAValidSignature:
    """A key holder's odd spelling reads as in Tornado; each body is correctly signed."""

    @pytest.mark.parametrize(
        "body",
        [
            b"2|1:0|11: 1300000000|3:sid|4:Ym9i|",
            b"2|1:0|5:1_300|3:sid|4:Ym9i|",
            b"2|1:0|11:+1700000000|3:sid|4:Ym9i|",
            b"2|2:-1|10:1700000000|3:sid|4:Ym9i|",
            b"2|2: 0|10:1700000000|3:sid|4:Ym9i|",
            b"2|01:0|10:1700000000|3:sid|4:Ym9i|",
            b"2|1:0|10:1700000000|03:sid|4:Ym9i|",
            b"2|1:0|10:1700000000|3:sid|+4:Ym9i|",
            b"2|1:0|10:1700000000|3:sid| 4 :Ym9i|",
            b"2|1:0|10:1700000000|3:sid|5:Ym-9i|",
            b"2|1:0|10:1700000000|3:sid|6:Ym9i|!|",
            b"2|1:0|10:1700000000|3:sid|6:Y:m9:i|",
            b"2|1:0|10:1700000000|3:sid|5:Ym9i\xff|",
            b"2|1:0|10:1700000000|3:sid|-65:Ym9i|",
            b"2|1:0|10: 170000000|3:sid|4:Ym9i|",
            b"2|1:0|10:17_0000000|3:sid|4:Ym9i|",
        ],
    )
    def test_read(self, body):
        assert read(macd(body), max_age_days=10**6) == b"bob"
        assert web.decode_signed_value(SECRET, "sid", macd(body), 10**6, at(NOW)) == b"bob"

    @pytest.mark.parametrize(
        "body",
        [
            b"2|1:x|10:1700000000|3:sid|4:Ym9i|",
            b"2|0:|10:1700000000|3:sid|4:Ym9i|",
            b"2|1:0|10:17x0000000|3:sid|4:Ym9i|",
            b"2|1:0|3:abc|3:sid|4:Ym9i|",
            b"2|1:0|10:1700000000|2:sid|4:Ym9i|",
            b"2|1:0|10:1700000000|3:sid|3:Ym9i|",
            b"2|1:0|10:1700000000|3:sid|5:Ym9i|",
            b"2|1:0|10:1700000000|3:sid|3:Ym9|",  # wrong padding
            b"2|1:0|10:1700000000|3:sid|5:Ym9i\n|",  # with a line end it is not format 2
            b"2|1:0|10:1700000000|3:sid|4:Ym9i||",
            b"2|1:0|10:1700000000|3:sid||4:Ym9i|",
            b"2|1:0|10:1700000000|x|",
            b"02|1:0|10:1700000000|3:sid|4:Ym9i|",
            b"",
        ],
    )
    def test_not_read(self, body):
        assert read(macd(body), max_age_days=10**6) is None
        assert web.decode_signed_value(SECRET, "sid", macd(body), 10**6, at(NOW)) is None

    def test_a_line_end_after_the_signature_is_part_of_it(self):
        assert read(BOB_V2 + b"\n") is None

    def test_a_negative_key_version_picks_its_key(self):
        value = macd(b"2|2:-1|10:1700000000|3:sid|4:Ym9i|")
        assert read(value, secret={-1: SECRET}) == b"bob"

    def test_a_body_of_non_ascii_text_does_not_pass_as_its_utf8_length(self):
        assert read(macd("2|1:0|10:1700000000|3:sid|5:Ym9ié|".encode()).decode()) is None
        assert read(macd("2|1:0|10:1700000000|3:sid|6:Ym9ié|".encode()).decode()) == b"bob"

    @pytest.mark.parametrize("name", ["a|b", "a:b", "|", "", "x" * 200, "10:17"])
    def test_a_name_of_any_ascii_reads_back(self, name):
        assert read(sign(name=name), name=name) == b"bob"

    def test_a_name_with_a_line_end_does_not_read_back(self):
        assert read(sign(name="a\nb"), name="a\nb") is None

    def test_a_text_names_length_counts_characters_so_it_does_not_read_back(self):
        assert b"|2:n\xc3\xa9|" in sign(name="né")
        assert read(sign(name="né"), name="né") is None
        assert read(sign(name="né".encode()), name="né") == b"bob"

    def test_a_name_of_bytes_is_the_same_name(self):
        assert sign(name=b"sid") == BOB_V2
        assert read(BOB_V2, name=b"sid") == b"bob"

    def test_a_name_from_an_enum_is_its_text(self):
        class Names(str, enum.Enum):  # noqa: UP042 - a StrEnum formats as its text, this one may not
            SESSION = "sid"

        assert sign(name=Names.SESSION) == BOB_V2
        assert read(BOB_V2, name=Names.SESSION) == b"bob"

    def test_the_shape_of_a_name_of_bytes_is_not_a_name_of_text(self):
        assert read(macd(b"2|1:0|10:1700000000|3:b'sid'|4:Ym9i|"), name=b"sid") is None


class TestFormat1:
    def test_it_logs_to_tornados_logger_at_warning(self, caplog):
        read(BOB_V1[:-1] + b"0")
        [record] = caplog.records
        assert (record.name, record.levelno) == ("tornado.general", logging.WARNING)
        assert record.getMessage() == f"Invalid cookie signature {BOB_V1[:-1] + b'0'!r}"

    def test_a_leading_zero_is_tampering(self, caplog):
        value = macd_v1(b"Ym9i", b"01700000000")
        assert read(value) is None
        assert caplog.messages == [f"Tampered cookie {value!r}"]

    def test_digits_shifted_from_payload_to_timestamp_are_tampering(self, caplog):
        signed = sign(base64.b64decode("12345678"), version=1)
        shifted = signed.replace(b"12345678|", b"1234|5678")
        assert signed.endswith(shifted.rpartition(b"|")[2])
        assert read(shifted) is None
        assert caplog.messages == [f"Cookie timestamp in future; possible tampering {shifted!r}"]

    def test_characters_shifted_from_value_to_name_forge_hence_min_version(self):
        signed = sign(b"abcdef", name="a", version=1)
        payload, timestamp, signature = signed.split(b"|")
        shifted = b"|".join((payload[4:], timestamp, signature))
        other = "a" + payload[:4].decode()
        assert read(shifted, name=other) == b"def"
        assert read(shifted, name=other, min_version=2) is None

    @pytest.mark.parametrize("timestamp", [b"x", b"", b"1.5", b"1" * 5000])
    def test_a_timestamp_that_is_no_number_is_absent_and_silent(self, timestamp, caplog):
        assert read(macd_v1(b"Ym9i", timestamp)) is None
        assert caplog.messages == []

    def test_a_timestamp_is_read_leniently(self):
        assert read(macd_v1(b"Ym9i", b" 1_700_000_000 ")) == b"bob"

    def test_a_payload_is_decoded_leniently_and_wrong_padding_is_absent(self):
        assert read(macd_v1(b"Y-m9!i", b"1700000000")) == b"bob"
        assert read(macd_v1(b"Ym9", b"1700000000")) is None

    def test_a_payload_that_looks_like_a_version_above_999_is_format_1(self):
        signed = sign(base64.b64decode("1234"), version=1)
        assert signed.startswith(b"1234|")
        assert read(signed) == base64.b64decode("1234")

    def test_two_or_four_parts_are_absent_and_silent(self, caplog):
        assert read("Ym9i|1700000000") is None
        assert read(BOB_V1 + b"|") is None
        assert caplog.messages == []

    def test_format_2_logs_nothing(self, caplog):
        for value in (BOB_V2[:-1] + b"2", "2|", "2|x|y", BOB_V2 + b"\n"):
            assert read(value) is None
        assert read(BOB_V2, now=NOW + 32 * DAY) is None
        assert caplog.messages == []


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
