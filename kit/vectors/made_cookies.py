"""Vectors of cookies: calls and the `Set-Cookie` they write, `Cookie` lines and what is read of them."""

from made_signed import NOW, Case
from tornado import httputil, web

from tornado_cookies import cookies

LINES = [
    ["a=b"],
    ["a=b; c=d"],
    ["a=b;c=d"],
    [" a = b ; c = d "],
    ["a=b; a=c"],
    ["a=b", "c=d"],
    ["session=good; a=x session=evil"],
]
# Each a line of its own.
LINES += [
    [line]
    for line in (
        "",
        ";",
        "=",
        "a",
        "=b",
        "a=",
        ";;a=b;;",
        "a=b=c",
        'a="b"',
        'a="b',
        'a="b;c"',
        'a=b"',
        'a=""',
        r'a="\073\054"',
        r'a="\"x\""',
        r'a="\\"',
        r'a="\400"',
        r'a="\08"',
        r"a=\073",
        'a=" b "',
        'a="b" ',
        "a b=c",
        "a/b=c",
        "a:b=c",
        "a@b=c",
        "path=/",
        "Secure=1",
        "Partitioned=1",
        "$Version=1; a=b",
        "é=b",
        "\xa0__Host-a=b",
        "a=\xc3\xa9",
        "a=\xe9",
        "a=b\tc",
        "a=b\x00c",
        "\ta\t=\tb\t",
        "A=1; a=2",
        "a=1, b=2",
        "a=b;",
        "a==b",
        "__proto__=x",
    )
]
LINES += [["a=1"] * 3, ["a=1; b=2", "b=3"], [f"n{i}=v{i}; " * 3 for i in range(5)]]


def calls() -> list[Case]:
    """Calls that Tornado answers with the same header."""
    found: list[Case] = [
        {"value": value} for value in ("v", "", "a=b", "a/b", "()<>?@[]{}", "!#$%&'*+-.^_`|~:")
    ]
    found += [{"value": value, "escape": True} for value in ('a"b', "a;b", "a,b", "a\\b", '"')]
    found += [{"domain": "example.com"}, {"domain": ".a.b"}, {"path": "/a"}, {"path": None}, {"path": ""}]
    found += [
        {"httponly": True},
        {"secure": True},
        {"samesite": "Lax"},
        {"samesite": "strict"},
        {"max_age": 5},
        {"max_age": -5},
    ]
    found += [{"samesite": "None", "secure": True}, {"expires": 1_700_000_000}, {"expires": -1}]
    found += [
        {"domain": "a.b", "path": "/x", "httponly": True, "secure": True, "samesite": "Lax", "max_age": 9}
    ]
    return found


def ours() -> list[Case]:
    """Calls that the kit refuses and Tornado does not, or that Tornado cannot make."""
    found: list[Case] = [{"max_age": 0}, {"expires": 0}, {"secure": True, "partitioned": True}]
    found += [{"value": value} for value in ("a b", "é", "a;b", 'a"b', "a,b", "\x7f", "x" * 4096)]
    found += [
        {"name": name}
        for name in ("", "a b", "a=b", "a:b", "path", "__Host-a", "__Secure-a", "__Http-a", "__Host-Http-a")
    ]
    found += [
        {"domain": domain}
        for domain in ("a:1", ":::", ".", "a/b", "-a.com", "a-.com", "a..b", "d" * 254, "a;b")
    ]
    found += [{"path": path} for path in ("x", "/;a", "/ ", "/é", "/" + "p" * 1024)]
    found += [
        {"samesite": "x"},
        {"samesite": "None"},
        {"partitioned": True},
        {"max_age": 34_560_001},
        {"expires": "1; Path=/x"},
    ]
    found += [{"expires_days": 401}, {"expires_days": 1}, {"max_age": "1; Path=/x"}]
    return found


def set_cookie_cases() -> list[Case]:
    """Calls and the header they write; a refusal names the field and is the kit's own."""
    cases = []
    for call, is_kits in [*((c, False) for c in calls()), *((c, True) for c in ours())]:
        full = {"name": "n", "value": "v"} | call
        try:
            said = {"header": cookies.set_cookie(**full, now=NOW)}
        except cookies.CookieError as error:
            said = {"field": error.field, "reason": str(error)}
        if not is_kits:
            assert said.get("header") == tornados(full), full  # what Tornado denies is not a vector
        cases.append({"call": full, "now": NOW, **({"kit": True} if is_kits else {}), **said})
    return cases


def tornados(call: Case) -> str:
    """The header Tornado writes."""
    handler = web.RequestHandler.__new__(web.RequestHandler)
    web.RequestHandler.set_cookie(handler, **{k: v for k, v in call.items() if k != "escape"})
    return handler._new_cookie[call["name"]].OutputString(None)


def cookie_cases() -> list[Case]:
    """`Cookie` lines (as Latin-1) and what is read; "kit" where Tornado reads something else."""
    cases = []
    for each in LINES:
        read = cookies.parse([line.encode("latin-1") for line in each])
        theirs = dict(httputil.parse_cookie("; ".join(each)))
        cases.append({"lines": each, "cookies": read, **({"kit": True} if read != theirs else {})})
    return cases
