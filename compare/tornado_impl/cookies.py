"""The Tornado face of the kit, `tornado_cookies.tornado`, under its former name."""

from tornado_cookies.tornado import Cookies

__all__ = ["Cookies"]
