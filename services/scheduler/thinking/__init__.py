"""What the scheduler thinks in a process of its own: learning searches, and verdicts.

It takes whole cores for seconds, and optuna and scipy, which the scheduler's own process, that has
streams to answer, never loads.
"""

from services.scheduler.thinking.thinker import Thinker

__all__ = ["Thinker"]
