"""Faults that `benchmarks.mutations` plants in the kit's reading of forms, its Tornado face and its session storage."""

from benchmarks.planted import Target

FORMS = Target(
    source="kit/tornado_cookies/forms.py",
    tests=("tests/kit/test_xsrf.py", "tests/kit/test_xsrf_aiohttp.py", "tests/kit/test_asgi_face.py"),
    faults=(
        (", IN_PARTS}", "}"),
        ("(?i:%{ord(one):02x})", "%{ord(one):02x}"),
        ("(?:^|&)", "(?:^)"),
        ("(?=&|\\Z)", ""),
        ("unquote_plus(values[-1]", "str(values[-1].encode()"),
        ("_MARK in head and ", "_MARK == head and "),
        ('.partition(b"\\r\\n--" + boundary', '.partition(b"--" + boundary'),
        ('parameters.get("name") == xsrf.FIELD', 'xsrf.FIELD in parameters.get("name", "")'),
        ('parameters.keys().isdisjoint({"filename", "filename*"})', "True"),
        ('_essence(value) == "form-data"', "True"),
        ("            if match is None:\n                break\n", ""),
        ('return value.partition(";")[0].strip().lower()', 'return value.partition(";")[0].strip()'),
    ),
)

TORNADO_FACE = Target(
    source="kit/tornado_cookies/tornado.py",
    tests=("tests/kit/test_tornado_face.py",),
    faults=(
        ("kept is None or kept.cookie_secret is not secret or", "kept is None or"),
        (" or kept.key_version != key_version:", ":"),
        ("self.__outgoing.left = self.__left", "pass"),
        ("                self.__outgoing.left = True\n", ""),
        ('self.add_header("Set-Cookie"', 'self.set_header("Set-Cookie"'),
        ('get_list("Cookie"), "latin-1"', 'get_list("Cookie")[:1], "latin-1"'),
    ),
)

STORAGE = Target(
    source="kit/tornado_cookies/aiohttp_session.py",
    tests=("tests/kit/test_adapters.py",),
    faults=(
        (", min_version=2)", ")"),
        ("36500.0 if", "31.0 if"),
        ("if ends_s is None or time.time() < ends_s:", "if True:"),
        ("new=False", "new=True"),
        ("(AttributeError, KeyError, TypeError, ValueError)", "(KeyError,)"),
        ("if session.empty:", "if False:"),
        ("session.max_age if session.max_age is not None else self.max_age", "self.max_age"),
        ("expires_days=None, max_age=max_age_s, ", "expires_days=None, "),
    ),
)
