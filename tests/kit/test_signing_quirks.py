"""Tornado's quirks behind a valid signature, and format 1: read as Tornado reads them."""

import base64
import enum
import logging

import pytest
from signed import BOB_V1, BOB_V2, DAY, NOW, SECRET, at, macd, macd_v1, read, sign
from tornado import web


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
