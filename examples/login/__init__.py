"""A login moved from Tornado to aiohttp, as docs/migration.md explains it."""
