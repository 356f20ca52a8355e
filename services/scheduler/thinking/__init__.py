"""What the scheduler thinks in a process of its own: learning searches, and verdicts.

That takes a core for seconds, and optuna and scipy: the scheduler's own process, which has streams
to answer, never loads them.
"""

from services.scheduler.thinking.child_process import ThinkingChild, thinking_child
from services.scheduler.thinking.thinker import Thinker

__all__ = ["Thinker", "ThinkingChild", "thinking_child"]
