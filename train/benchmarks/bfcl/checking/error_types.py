"""Why an output does not count, in the words of the leaderboard.

Reports made with either scorer can be compared row by row, so a word is never ours to change.
Source: bfcl-eval 2026.3.23.
"""

from enum import StrEnum


class ErrorType(StrEnum):
    """The first thing found wrong with an output; a valid output has none."""

    CALL_IN_IRRELEVANCE = "irrelevance_error:decoder_success"
    NO_CALL_IN_RELEVANCE = "relevance_error:decoder_failed"
    UNDECODABLE = "ast_decoder:decoder_failed"
    NOT_CALLS = "ast_decoder:decoder_wrong_output_format"

    SIMPLE_COUNT = "simple_function_checker:wrong_count"
    MULTIPLE_COUNT = "multiple_function_checker:wrong_count"
    PARALLEL_COUNT = "parallel_function_checker_no_order:wrong_count"
    NO_MATCH = "parallel_function_checker_no_order:cannot_find_match"

    WRONG_NAME = "simple_function_checker:wrong_func_name"
    MISSING_REQUIRED = "simple_function_checker:missing_required"
    UNEXPECTED_PARAMETER = "simple_function_checker:unexpected_param"
    MISSING_OPTIONAL = "simple_function_checker:missing_optional"

    TYPE = "type_error:simple"
    ELEMENT_TYPE = "type_error:nested"
    NOT_JAVA_TEXT = "type_error:java"
    NOT_JAVASCRIPT_TEXT = "type_error:js"

    STRING = "value_error:string"
    LIST = "value_error:list/tuple"
    DICT_KEY = "value_error:dict_key"
    DICT_VALUE = "value_error:dict_value"
    DICT_COUNT = "value_error:list_dict_count"
    OTHER = "value_error:others"
    NO_DICT_ACCEPTED = "dict_checker:unclear"
    NO_DICTS_ACCEPTED = "list_dict_checker:unclear"

    INFERENCE = "multi_turn:inference_error"
    FORCED = "multi_turn:force_terminated"
    EMPTY_TURN = "multi_turn:empty_turn_model_response"
    STATE = "multi_turn:instance_state_mismatch"
    RESPONSE = "multi_turn:execution_response_mismatch"
