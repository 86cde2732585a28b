"""The form that only this site's pages can send, by Tornado's own XSRF check; its twin uses the kit's."""

from tornado import httputil, web

from compare.contract import ContractError, forms
from tornado_cookies import xsrf
from tornado_cookies.tornado import Cookies

from compare.tornado_impl.answers import Handler, Route


class Form(Cookies, Handler):
    """The form, and what it is answered with."""

    def prepare(self) -> None:
        """Check the token here: the setting would have every other route checked, and those take no forms."""
        if self.request.method not in xsrf.SAFE_METHODS:
            try:
                self.check_xsrf_cookie()
            except web.HTTPError as error:
                reason = error.log_message if error.status_code == 403 else xsrf.MISMATCH
                raise forms.xsrf_failed(reason) from error

    def get(self) -> None:
        self.answer(forms.page(self.xsrf_form_html()), headers=forms.HEADERS)

    head = get

    def post(self) -> None:
        content_type = self.request.headers.get("Content-Type", "")
        self.answer(forms.read_note(content_type, self.request.body))

    def _in_contract(self, error: BaseException | None) -> ContractError:
        unread = isinstance(error, web.HTTPError) and error.status_code == 400
        return forms.unreadable() if unread else super()._in_contract(error)


def takes(request: httputil.HTTPServerRequest) -> bool:
    """Return whether a request brings a form to the one route that takes forms."""
    return request.path == "/form" and forms.is_form(request.headers["Content-Type"])


def routes() -> list[Route]:
    """Return the route."""
    return [("/form", Form, {})]
