"""Names for threads."""

import threading
from concurrent.futures import ThreadPoolExecutor

from compare.serving.lanes import Lanes


def named(lanes, inside=lambda: None):
    """Return the name of the calling thread while `inside` runs."""
    with lanes.taken() as name:
        inside()
        return name


def test_the_loops_thread_is_the_one_that_made_the_lanes():
    assert named(Lanes()) == "loop"


def test_threads_of_the_pool_keep_their_number():
    with ThreadPoolExecutor(1, thread_name_prefix="executor") as pool:
        lanes = Lanes()
        assert pool.submit(named, lanes).result() == pool.submit(named, lanes).result() == "pool 1"


def test_another_thread_has_the_lowest_number_that_is_free():
    lanes, found = Lanes(), []
    inside, leave = threading.Event(), threading.Event()

    def stays():
        found.append(named(lanes, lambda: (inside.set(), leave.wait())))

    first = threading.Thread(target=stays)
    first.start()
    inside.wait()
    for _ in range(2):  # the number is given back
        second = threading.Thread(target=lambda: found.append(named(lanes)))
        second.start()
        second.join()
    leave.set()
    first.join()
    assert found == ["thread 2", "thread 2", "thread 1"]
