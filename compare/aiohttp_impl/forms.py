"""The form that only this site's pages can send, by the kit's XSRF check; its twin uses Tornado's own."""

from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import MultiDict, MultiDictProxy

from compare.aiohttp_impl.answers import answer
from compare.contract import forms
from compare.contract.settings import Settings
from compare.serving import keys
from tornado_cookies.aiohttp import Forbidden, cookies_of, setup


class Form:
    """The form, and what it is answered with."""

    async def get(self, request: web.Request) -> web.Response:
        return answer(forms.page(cookies_of(request).xsrf_form_html()), headers=forms.HEADERS)

    async def post(self, request: web.Request) -> web.Response:
        return answer(forms.read_note(request.headers.get("Content-Type", ""), await request.read()))


_NOTHING: MultiDictProxy[str | bytes | bytearray | web.FileField] = MultiDictProxy(MultiDict())


@web.middleware
async def bounded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let the check see no form but the one kind that is taken, and word its refusal as the contract does."""
    if not forms.is_form(request.headers.get("Content-Type", "")):
        request._post = _NOTHING  # noqa: SLF001  # a clone without the header cannot be made of a body that was read
    try:
        return await handler(request)
    except Forbidden as error:
        raise forms.xsrf_failed(error.text) from error


def mount(app: web.Application, settings: Settings) -> None:
    """Add the route to `app` as an application of its own, which checks tokens. Raises `keys.SecretError`."""
    cookie_keys = keys.load(settings)
    own = web.Application(middlewares=[bounded])
    setup(own, cookie_keys.cookie_secret, cookie_keys.key_version, xsrf_cookies=True)
    own.add_routes([web.get("", Form().get), web.post("", Form().post)])
    app.add_subapp("/form", own)
