"""What happened against what should have: from events and state, never from phrases.

`judge` is read by everybody: generation proves records with it, training pays by it, evaluation
counts it. It knows no weights. Each user turn is judged against its own expectation, with what was
done and seen before it; the verdict of a conversation folds those of its turns.
"""

from gen.verdict.call import matches
from gen.verdict.fault import UNSAFE, Fault
from gen.verdict.judgement import Verdict, judge
from gen.verdict.report import quotes, shows
from gen.verdict.trace import CALL_MARKERS

__all__ = ["CALL_MARKERS", "UNSAFE", "Fault", "Verdict", "judge", "matches", "quotes", "shows"]
