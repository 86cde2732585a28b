"""Cookies in a real Chromium: the server decides, the browser stores and sends, deleting is the browser's doing.

What the bytes of a header must be is tested elsewhere; here, that a browser does with them what was meant.
"""

import time

import pytest
from running import Process

pytest_plugins = ["browser"]
pytestmark = pytest.mark.browser

SHOP, BLOG, ROOT, OTHER = "shop.example.test", "blog.example.test", "example.test", "www.other.test"


# --- set, read back, default, overwrite


def test_a_cookie_is_stored_by_the_browser_and_sent_back(visitor):
    visitor.put("flavour", "oatmeal")
    assert visitor.script() == "flavour=oatmeal"
    assert visitor.read("/cookies/flavour") == "oatmeal"
    assert visitor.received() == {"flavour": "oatmeal"}


def test_without_the_cookie_the_default_is_read_and_nothing_is_stored(visitor):
    assert visitor.read("/cookies/flavour?default=plain") == "plain"
    assert visitor.read("/cookies/flavour") is None
    assert visitor.stored() == {}


def test_setting_again_overwrites_value_and_attributes(visitor):
    visitor.put("flavour", "oatmeal", httponly=True, max_age=1000)
    visitor.put("flavour", "ginger")
    assert visitor.script() == "flavour=ginger"
    assert visitor.received() == {"flavour": "ginger"}
    assert visitor.stored()["flavour"]["expires"] == -1


def test_a_refused_cookie_leaves_the_stored_one_alone(visitor):
    visitor.put("flavour", "oatmeal")
    status, body = visitor.send("PUT", "/cookies/flavour", value="white space")
    assert (status, body["error"]["code"]) == (400, "invalid_cookie")
    assert visitor.received() == {"flavour": "oatmeal"}


def test_what_a_script_stores_in_utf_8_is_read_as_that_text(visitor):
    visitor.set_by_script("flavour=crème brûlée")
    assert visitor.read("/cookies/flavour") == "crème brûlée"


def test_the_largest_cookie_that_may_be_written_is_kept(visitor):
    visitor.put("n", "x" * 4095)
    assert visitor.read("/cookies/n") == "x" * 4095
    status, _ = visitor.send("PUT", "/cookies/n", value="y" * 4096)
    assert status == 400


# --- scope


def test_a_path_keeps_a_cookie_from_other_paths(visitor):
    visitor.put("inner", "v", path="/cookies/inner")
    assert visitor.received() == {}
    assert visitor.script() == ""
    assert visitor.read("/cookies/inner") == "v"


def test_without_a_domain_a_cookie_goes_to_its_own_host_alone(visitor):
    visitor.go(SHOP)
    visitor.put("own")
    assert visitor.received() == {"own": "v"}
    for host in (BLOG, ROOT, f"deep.{SHOP}"):
        visitor.go(host)
        assert visitor.received() == {}


def test_with_a_domain_a_cookie_goes_to_every_host_below_it(visitor):
    visitor.go(SHOP)
    visitor.put("shared", domain=ROOT)
    for host in (SHOP, BLOG, ROOT):
        visitor.go(host)
        assert visitor.received() == {"shared": "v"}
    visitor.go(OTHER)
    assert visitor.received() == {}


@pytest.mark.parametrize("domain", ["other.test", "test", BLOG])
def test_a_domain_that_is_not_the_hosts_own_is_refused_by_the_browser(visitor, domain):
    visitor.go(SHOP)
    visitor.put("foreign", domain=domain)
    assert visitor.stored() == {}


# --- expiry


def test_max_age_ends_a_cookie_in_the_browser(visitor):
    visitor.put("brief", max_age=1)
    visitor.put("lasting", max_age=1000)
    visitor.page.wait_for_function("document.cookie === 'lasting=v'", polling=50)
    assert visitor.received() == {"lasting": "v"}


def test_each_way_to_say_when_a_cookie_ends_is_understood(visitor):
    before_s = int(time.time())
    visitor.put("days", expires_days=7)
    visitor.put("date", expires=before_s + 7 * 86400)
    visitor.put("age", max_age=7 * 86400)
    visitor.put("first", max_age=7 * 86400, expires_days=100)
    visitor.put("session")
    after_s = time.time() + 1
    stored = visitor.stored()
    assert stored["session"]["expires"] == -1
    for name in ("days", "date", "age", "first"):
        assert before_s <= stored[name]["expires"] - 7 * 86400 <= after_s, name


@pytest.mark.parametrize("ended", [{"expires": 0}, {"max_age": 0}, {"expires_days": -1}], ids=str)
def test_an_end_in_the_past_deletes(visitor, ended):
    visitor.put("flavour")
    visitor.put("flavour", **ended)
    assert visitor.stored() == {}


# --- HttpOnly, SameSite, Secure, prefixes


def test_http_only_is_invisible_to_scripts_and_no_script_overwrites_it(visitor):
    visitor.put("session", "mine", httponly=True)
    assert visitor.script() == ""
    visitor.set_by_script("session=stolen; path=/")
    assert visitor.received() == {"session": "mine"}


def test_same_site_says_what_goes_along_from_another_sites_page(visitor):
    visitor.put("strict", samesite="Strict")
    visitor.put("lax", samesite="Lax")
    visitor.put("none", samesite="None", secure=True)
    assert visitor.sent_by("location.href = url") == "strict=v; lax=v; none=v"
    visitor.go("127.0.0.1")  # an address is a site of its own
    assert visitor.sent_by("location.href = url") == "lax=v; none=v"
    visitor.go("127.0.0.1")
    form = "Object.assign(document.createElement('form'), {method: 'post', action: url})"
    assert visitor.sent_by(f"const form = {form}; document.body.append(form); form.submit()") == "none=v"


def test_same_site_is_understood_in_any_case(visitor):
    visitor.put("n", samesite="sTrIcT")
    assert visitor.stored()["n"]["sameSite"] == "Strict"


def test_same_site_none_without_secure_is_refused_by_the_server(visitor):
    status, body = visitor.send("PUT", "/cookies/n", value="v", samesite="None")
    assert (status, body["error"]["field"]) == (400, "samesite")


def test_secure_is_kept_where_the_connection_is_trusted_and_nowhere_else(visitor):
    visitor.put("safe", secure=True)
    assert visitor.stored()["safe"]["secure"]
    assert visitor.received() == {"safe": "v"}
    visitor.go(SHOP)
    visitor.put("safe", secure=True)
    assert [cookie["domain"] for cookie in visitor.page.context.cookies()] == ["localhost"]


def test_secure_cookies_stay_off_plain_connections(visitor):
    cookie = {"name": "safe", "value": "v", "domain": SHOP, "path": "/", "secure": True}
    visitor.page.context.add_cookies([cookie])
    visitor.go(SHOP)
    assert visitor.received() == {}


@pytest.mark.parametrize("name", ["__Host-id", "__Secure-id"])
def test_a_prefixed_name_is_stored_when_secure_and_refused_otherwise_by_server_and_browser(visitor, name):
    visitor.put(name, secure=True)
    assert visitor.received() == {name: "v"}
    status, body = visitor.send("PUT", f"/cookies/{name}", value="v")
    assert (status, body["error"]["code"]) == (400, "invalid_cookie")
    visitor.set_by_script(f"{name}=forged; path=/")
    assert visitor.received() == {name: "v"}
    visitor.go(SHOP)
    visitor.put(name, secure=True)
    assert visitor.received() == {}


def test_a_script_cannot_pass_a_cookie_off_as_a_host_cookie(visitor):
    visitor.set_by_script("\u00a0__Host-id=forged; path=/")
    assert visitor.received() == {}


def test_a_partitioned_cookie_is_stored_and_sent_back(visitor):
    visitor.put("part", secure=True, partitioned=True)
    assert visitor.received() == {"part": "v"}


# --- clearing


def test_deleting_is_the_browsers_doing(visitor, site: Process):
    visitor.put("flavour", "oatmeal")
    with visitor.page.expect_response(lambda answer: answer.request.method == "DELETE") as caught:
        assert visitor.send("DELETE", "/cookies/flavour") == (204, None)
    header = caught.value.header_value("set-cookie")
    assert header.startswith('flavour=""; expires=')
    assert "; Path=/" in header
    assert visitor.stored() == {}
    assert visitor.received() == {}
    # The server keeps no list: to whoever does not delete the cookie, it is as good as ever.
    answer = site.exchange(
        b"GET /cookies/flavour HTTP/1.1\r\nHost: test\r\nConnection: close\r\nCookie: flavour=oatmeal\r\n\r\n"
    )
    assert answer.endswith(b'{"name":"flavour","value":"oatmeal"}')


def test_clearing_one_leaves_the_others(visitor):
    for name in ("a", "b", "c"):
        visitor.put(name)
    assert visitor.send("DELETE", "/cookies/b") == (204, None)
    assert visitor.received() == {"a": "v", "c": "v"}


def test_a_cookie_is_cleared_only_at_the_path_and_domain_it_was_set_with(visitor):
    visitor.go(SHOP)
    visitor.put("n", path="/cookies", domain=ROOT)
    for query in ("", "?path=/cookies", f"?domain={ROOT}"):
        assert visitor.send("DELETE", f"/cookies/n{query}") == (204, None)
        assert visitor.received() == {"n": "v"}
    assert visitor.send("DELETE", f"/cookies/n?path=/cookies&domain={ROOT}") == (204, None)
    assert visitor.stored() == {}


def test_a_prefixed_cookie_can_be_cleared(visitor):
    for name in ("__Host-a", "__Host-b", "__Secure-c"):
        visitor.put(name, secure=True)
    assert visitor.send("DELETE", "/cookies/__Host-a") == (204, None)
    assert visitor.received() == {"__Host-b": "v", "__Secure-c": "v"}
    assert visitor.send("DELETE", "/cookies?path=/elsewhere") == (204, None)
    assert visitor.received() == {"__Secure-c": "v"}  # a __Host- cookie can only be at /
    assert visitor.send("DELETE", "/cookies") == (204, None)
    assert visitor.stored() == {}


def test_clearing_all_clears_all_that_came_with_the_request(visitor):
    visitor.put("a")
    visitor.put("b", httponly=True, samesite="Strict")
    visitor.put("c", kind="signed")
    visitor.put("elsewhere", path="/cookies/elsewhere")
    visitor.set_by_script("d=by script; path=/")
    assert visitor.send("DELETE", "/cookies") == (204, None)
    assert list(visitor.stored()) == ["elsewhere"]


def test_a_cookie_with_an_http_prefix_is_kept_and_can_be_cleared(visitor):
    for name in ("__Http-a", "__Host-Http-b"):
        visitor.put(name, secure=True, httponly=True)
    assert set(visitor.stored()) == {"__Http-a", "__Host-Http-b"}
    assert visitor.send("DELETE", "/cookies/__Http-a") == (204, None)
    assert set(visitor.stored()) == {"__Host-Http-b"}
    assert visitor.send("DELETE", "/cookies?path=/elsewhere") == (204, None)
    assert visitor.stored() == {}


# --- signed


def test_a_signed_cookie_carries_any_text(visitor):
    text = 'ünï "quoted"; a=b, \\ \n 🍪'
    visitor.put("sid", text, kind="signed")
    assert visitor.read("/signed/sid") == text
    assert text not in visitor.received()["sid"]


def test_the_largest_signed_cookie_is_kept(visitor):
    visitor.put("sid", "x" * 2990, kind="signed")
    assert visitor.read("/signed/sid") == "x" * 2990


def test_a_tampered_value_reads_as_absent(visitor):
    visitor.put("sid", "user 1", kind="signed")
    honest = visitor.script().partition("=")[2]
    for at in (5, len(honest) // 2, len(honest) - 5):
        changed = honest[:at] + ("0" if honest[at] != "0" else "1") + honest[at + 1 :]
        visitor.set_by_script(f"sid={changed}; path=/")
        assert visitor.received()["sid"] != ""
        assert visitor.read("/signed/sid?default=nobody") == "nobody"
    visitor.set_by_script(f"sid={honest}; path=/")
    assert visitor.read("/signed/sid") == "user 1"


def test_a_signed_value_moved_to_another_name_reads_as_absent(visitor):
    visitor.put("guest", "yes", kind="signed")
    visitor.set_by_script(f"admin={visitor.script().partition('=')[2]}; path=/")
    assert visitor.read("/signed/guest") == "yes"
    assert visitor.read("/signed/admin") is None
