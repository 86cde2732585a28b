"""A client like boto3's as the long I/O: thread-safe, blocking only, with a pool of its own that is 10 by default."""

import os

import urllib3

STORE = os.environ.get("OBJECT_STORE", "http://127.0.0.1:8003")


class ObjectStore:
    """Reads one object. There is no native face: native is listed as not measured, with the reason."""

    async def start(self, capacity: int) -> None:
        """Open the client with a pool on purpose: boto3's Config(max_pool_connections=10) would be the ceiling."""
        self.limit = capacity or 1000
        self.client = urllib3.PoolManager(maxsize=self.limit, block=True, timeout=65, retries=False)

    def blocking(self, delay_s: float) -> bytes:
        """Get the object; the store takes `delay_s` seconds."""
        answer = self.client.request("GET", f"{STORE}/bucket/key", fields={"delay": str(delay_s)})
        if answer.status != 200:
            raise RuntimeError(f"the object store answered {answer.status}")
        return bytes(answer.data)


work = ObjectStore()
