"""The aiohttp face of the kit, `tornado_cookies.aiohttp`, under its former name."""

from tornado_cookies.aiohttp import Cookies, cookies_of, setup

__all__ = ["Cookies", "cookies_of", "setup"]
