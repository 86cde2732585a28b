"""Ways to wait on blocking work, on any asyncio loop; no framework."""
