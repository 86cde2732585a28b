"""Signed values at a moment of one's choice, by the kit and by hand."""

import hmac

from tornado_cookies.signing import create_signed_value, decode_signed_value

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
