"""What a figure shows before anything is drawn: points with intervals, the lines they form, and their looks."""

from dataclasses import dataclass

from compare.contract import Paradigm

COLOUR = {
    Paradigm.BLOCKING: "#D55E00",
    Paradigm.CALLBACK: "#E69F00",
    Paradigm.GENERATOR: "#CC79A7",
    Paradigm.COROUTINE: "#56B4E9",
    Paradigm.EXECUTOR: "#009E73",
    Paradigm.NATIVE: "#0072B2",
}
MARK = {
    Paradigm.BLOCKING: "X",
    Paradigm.CALLBACK: "s",
    Paradigm.GENERATOR: "D",
    Paradigm.COROUTINE: "P",
    Paradigm.EXECUTOR: "v",
    Paradigm.NATIVE: "o",
}


@dataclass(frozen=True)
class Point:
    """One estimate in a figure: `low` and `high` bound its interval, equal to `y` where there is none."""

    x: float
    y: float
    low: float
    high: float
    valid: bool = True
    at_least: bool = False  # censored: the value is known only to be larger than `y`


@dataclass(frozen=True)
class Line:
    """One contestant's points, by ascending x, and how they look."""

    label: str
    paradigm: Paradigm
    points: tuple[Point, ...]
    dashed: bool = False
    joined: bool = True  # False where x names things that have no order

    @property
    def colour(self) -> str:
        """The paradigm's colour."""
        return COLOUR[self.paradigm]
