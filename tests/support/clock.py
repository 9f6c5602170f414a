"""Time that passes only when something waits, and the function's end when it has no more of it."""

from __future__ import annotations

from types import SimpleNamespace

from botocore.awsrequest import AWSResponse

from tests.support.wire import Forward, Sent

CALL_S = 0.03


class FunctionEnded(BaseException):
    """Lambda has ended the function: it says nothing any more, and no handler of it can catch this."""


class Clock:
    """The seconds that a function has run.

    Parameters
    ----------
    limit_s
        After which Lambda ends the function.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._begun_s = 0.0
        self.now_s = 0.0

    def begin(self) -> None:
        """Start the function anew, with all its time."""
        self._begun_s = self.now_s

    @property
    def remaining_s(self) -> float:
        """What is left of the function's time."""
        return self._limit_s - (self.now_s - self._begun_s)

    def pass_by(self, seconds: float) -> None:
        """Let time pass.

        Raises
        ------
        FunctionEnded
            The function's time is over.
        """
        self.now_s += seconds
        if self.remaining_s <= 0:
            raise FunctionEnded(f"the function ran longer than {self._limit_s:.0f} s")

    def layer(self, sent: Sent, forward: Forward) -> AWSResponse:
        """Let every request take its time; a layer of a `Wire`."""
        self.pass_by(CALL_S)
        return forward()

    def time_module(self) -> SimpleNamespace:
        """Stand in for the module `time`, as far as the Lambda and botocore use it."""
        return SimpleNamespace(
            monotonic=lambda: self.now_s, time=lambda: 1e9 + self.now_s, sleep=self.pass_by
        )
