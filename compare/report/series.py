"""What a figure shows before anything is drawn: points with intervals, the lines they form, and their looks."""

from dataclasses import dataclass

from compare.contract import Paradigm


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
        return self.paradigm.colour
