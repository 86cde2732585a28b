"""Watchers of a benchmark for tests, and the sentry that says how noisy their machine is."""

from compare.records import Measurement, Noise

QUIET, NOISY = Noise(0, 0, 0, 1, noisy=False), Noise(0, 0, 0, 2, noisy=True)


class Quiet:
    """A sentry on a machine that is quiet, except when the script says otherwise."""

    def __init__(self, calibrations=(), cells=()):
        self._calibrations, self._cells = iter(calibrations), iter(cells)

    def calibrate(self):
        return next(self._calibrations, QUIET)

    def before_cell(self):
        pass

    def cell(self):
        return next(self._cells, QUIET)

    def measure(self, cell):
        return Measurement(cell, noise=self.cell())


class Notes:
    """A watcher that writes everything down."""

    def __init__(self):
        self.begun, self.grown, self.next, self.made, self.remarks = None, 0, [], [], []

    def begins(self, cells, expected_s):
        self.begun = (cells, expected_s)

    def grows(self, cells):
        self.grown += cells

    def measuring(self, cell, done, left_s):
        self.next.append((cell, done, left_s))

    def measured(self, measurement):
        self.made.append(measurement)

    def remark(self, sentence):
        self.remarks.append(sentence)
