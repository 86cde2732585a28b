"""The app as an asyncio-native port in aiohttp."""
