"""One web app in Tornado and in aiohttp: what each way of waiting costs, measured."""
