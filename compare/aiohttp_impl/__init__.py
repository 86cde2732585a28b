"""The app in aiohttp."""
