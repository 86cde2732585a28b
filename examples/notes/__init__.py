"""One site with login, flash message, JSON API, upload and websocket, in Tornado and moved to aiohttp and FastAPI."""
