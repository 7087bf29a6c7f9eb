"""The calls of one output against the calls that are due."""

from collections.abc import Sequence

from train.benchmarks.bfcl.cases import Answer, Category, Function, FunctionCase, language_of
from train.benchmarks.bfcl.checking.call_check import check_call
from train.benchmarks.bfcl.checking.decode import DecodedCall
from train.benchmarks.bfcl.checking.error_types import ErrorType

_PARALLEL = {
    Category.PARALLEL,
    Category.PARALLEL_MULTIPLE,
    Category.LIVE_PARALLEL,
    Category.LIVE_PARALLEL_MULTIPLE,
}
_MULTIPLE = {Category.MULTIPLE, Category.LIVE_MULTIPLE}


def check_calls(calls: Sequence[DecodedCall], case: FunctionCase) -> ErrorType | None:
    """What is wrong with calls, by published names; None when they are those due.

    In parallel categories the order is free; in the others exactly one call is due.
    """
    if case.category in _PARALLEL:
        return _match_calls(calls, case)
    if len(calls) != 1:
        multiple = case.category in _MULTIPLE
        return ErrorType.MULTIPLE_COUNT if multiple else ErrorType.SIMPLE_COUNT
    [call], [answer, *_] = calls, case.answers
    return check_call(call, _find_function(case, answer), answer, language_of(case.category))


def _match_calls(calls: Sequence[DecodedCall], case: FunctionCase) -> ErrorType | None:
    """Give every answer the first call left that suits it; what was given is not taken back."""
    if len(calls) != len(case.answers):
        return ErrorType.PARALLEL_COUNT
    left = list(calls)
    for answer in case.answers:
        function, language = _find_function(case, answer), language_of(case.category)
        for place, call in enumerate(left):
            if check_call(call, function, answer, language) is None:
                del left[place]
                break
        else:
            return ErrorType.NO_MATCH
    return None


def _find_function(case: FunctionCase, answer: Answer) -> Function:
    return next(item for item in case.functions if item["name"] == answer.function)
