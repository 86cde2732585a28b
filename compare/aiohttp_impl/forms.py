"""The form that only this site's pages can send, by the kit's XSRF check; its twin uses Tornado's own."""

from aiohttp import web

from compare.aiohttp_impl.answers import answer
from compare.contract import forms
from compare.contract.settings import Settings
from compare.serving import keys
from tornado_cookies import xsrf
from tornado_cookies.aiohttp import cookies_of, setup, token_beside_form
from tornado_cookies.forms import token_in_form


class Form(web.View):
    """The form, and what it is answered with."""

    async def get(self) -> web.Response:
        return answer(forms.page(cookies_of(self.request).xsrf_form_html()), headers=forms.HEADERS)

    head = get

    async def post(self) -> web.Response:
        content_type = self.request.headers.get("Content-Type", "")
        return answer(forms.read_note(content_type, await self.request.read()))


async def checked(request: web.Request) -> web.StreamResponse:
    """Check the token here: a middleware, the kit's way, would cost every other route 5 % of an answer."""
    if forms.is_form(request.headers.get("Content-Type", "")):
        forms.check(request.headers.get("Content-Encoding"), await request.read())
    if request.method not in xsrf.SAFE_METHODS:
        try:
            cookies_of(request).check_xsrf_cookie(await given_token(request))
        except xsrf.XsrfError as error:
            raise forms.xsrf_failed(str(error)) from error
    return await Form(request)


async def given_token(request: web.Request) -> str | None:
    """Return the token in the query, a header or the form, in this order."""
    token = token_beside_form(request)
    if token or not forms.is_form(request.headers.get("Content-Type", "")):
        return token
    return token_in_form(forms.TYPE, await request.read())


def mount(app: web.Application, settings: Settings) -> None:
    """Add the route to `app` as an application of its own, which has cookies. Raises `keys.SecretError`."""
    cookie_keys = keys.load(settings)
    own = web.Application()
    setup(own, cookie_keys.cookie_secret, cookie_keys.key_version)
    own.add_routes([web.route("*", "", checked)])
    app.add_subapp("/form", own)
