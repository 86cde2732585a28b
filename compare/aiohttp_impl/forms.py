"""The form that only this site's pages can send, by the kit's XSRF check; its twin uses Tornado's own."""

from aiohttp import web

from compare.contract import forms
from compare.serving.keys import Keys
from tornado_cookies import xsrf
from tornado_cookies.aiohttp import cookies_of, setup, token_beside_form
from tornado_cookies.forms import token_in_form

from compare.aiohttp_impl.answers import answer


class Form(web.View):
    """The form, and what it is answered with."""

    async def prepare(self) -> None:
        """Check the token here: a middleware, the kit's way, would cost every other route 5 % of an answer."""
        if self._takes():
            forms.check(self.request.headers.get("Content-Encoding"), await self.request.read())
        if self.request.method not in xsrf.SAFE_METHODS:
            try:
                cookies_of(self.request).check_xsrf_cookie(await self._given_token())
            except xsrf.XsrfError as error:
                raise forms.xsrf_failed(str(error)) from error

    async def get(self) -> web.Response:
        return answer(forms.page(cookies_of(self.request).xsrf_form_html()), headers=forms.HEADERS)

    head = get

    async def post(self) -> web.Response:
        content_type = self.request.headers.get("Content-Type", "")
        return answer(forms.read_note(content_type, await self.request.read()))

    def _takes(self) -> bool:
        return forms.is_form(self.request.headers.get("Content-Type", ""))

    async def _given_token(self) -> str | None:
        """Return the token in the query, a header or the form, in this order."""
        token = token_beside_form(self.request)
        if token or not self._takes():
            return token
        return token_in_form(forms.TYPE, await self.request.read())


async def answering(request: web.Request) -> web.StreamResponse:
    """Prepare before any method is looked for, as Tornado does."""
    form = Form(request)
    await form.prepare()
    return await form


def mount(app: web.Application, keys: Keys) -> None:
    """Add the route to `app` as an application of its own, which has cookies."""
    own = web.Application()
    setup(own, keys.cookie_secret, keys.key_version)
    own.add_routes([web.route("*", "", answering)])
    app.add_subapp("/form", own)
