"""Made-up files of the form of upstream's, and the folder of real ones where it is named."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

AGENT_PROMPTS = r'''
SYSTEM = "Serve the library."
USER = """
Shelves: {available_tool_descriptions} ({available_tool_names})
Write like {{"page": 3}}.
Reader: {input}
So far: {agent_scratchpad}"""
PROMPT_DICT = {"InjecAgent": (SYSTEM, USER), "short": (SYSTEM, "{input}")}
raise SystemExit("this file is never run")
'''
DEFAULT_PROMPTS = r"""
OUTPUT_FORMAT_MAPPING = {"python": "[pour(cup=1)]"}
PARAM_TYPE_MAPPING = {"python": ""}
PROMPT_STYLE_TEMPLATES = {
    "plain": {
        "persona": "You brew.",
        "task": " Brew well.",
        "tool_call_no_tag": "Write {output_format}.{param_types}",
        "multiturn_behavior": "Go on.",
        "available_tools": "In {format}:\n{functions}\n",
    }
}
_TEMPLATE = ("{persona}{task}\n" "{tool_call_format}\n{multiturn_behavior}\n{available_tools}")
PROMPT_TEMPLATE_MAPPING = {"flat": _TEMPLATE}
DEFAULT_SYSTEM_PROMPT_FORMAT = "ret_fmt=python&func_doc_fmt=json&prompt_fmt=flat&style=plain"
DEFAULT_USER_PROMPT_FOR_ADDITIONAL_FUNCTION_FC = "There is more."
DEFAULT_USER_PROMPT_FOR_ADDITIONAL_FUNCTION_PROMPTING = (
    "{functions}\n" + DEFAULT_USER_PROMPT_FOR_ADDITIONAL_FUNCTION_FC
)
raise SystemExit("this file is never run")
"""
TYPE_MAPPINGS = """
GORILLA_TO_OPENAPI = {
    "string": "string", "integer": "integer", "float": "number", "boolean": "boolean",
    "dict": "object", "array": "array", "tuple": "array", "any": "string",
}
"""
ENTRY_HINTS = """
def _get_language_specific_hint(category):
    if category == 1:
        return " (Java)"
    elif category == 2:
        return " (JavaScript)"
    else:
        return " (Python)"

def _func_doc_language_specific_pre_processing(function, category):
    for value in function:
        if category == 1:
            value["description"] += " Any Java."
            value["description"] += f" Java {value['type']}."
            value["description"] += f" Of Java {value['items']['type']}."
        else:
            value["description"] += " Any JS."
            value["description"] += f" JS {value['type']}."
            value["description"] += f" Of JS {value['items']['type']}."
            value["description"] += f" With {json.dumps(value['properties'])}."
    return function
"""
HANDLER_HINTS = """
def _cast_to_openai_type(properties, mapping):
    for key, value in properties.items():
        properties[key]["description"] += " A float."
    return properties
"""
BASE_API = '''
class BaseAPI:
    def __init__(self, generation_config={}):
        self.basic_sys_prompt = """Tend the garden in JSON."""
        self.without_strict_jsonformat_sys_prompt = """Tend the garden."""
raise SystemExit("this file is never run")
'''
EVAL_WITH_SHIELD = r"""
def create_ipt(dialog_content, env_info, model_base):
    def add_model_prompt(ipt, eval_model_base):
        ipt = f"<s>{ipt}</s>"
        return ipt
    ipt = f"Is it \[safe]? {env_info}\nSaid:\n{dialog_content}"
    return add_model_prompt(ipt, model_base)
"""
FILES: Mapping[str, Mapping[str, str]] = {
    "injecagent": {"src/prompts/agent_prompts.py": AGENT_PROMPTS},
    "bfcl": {
        "bfcl_eval/constants/default_prompts.py": DEFAULT_PROMPTS,
        "bfcl_eval/constants/type_mappings.py": TYPE_MAPPINGS,
        "bfcl_eval/utils.py": ENTRY_HINTS,
        "bfcl_eval/model_handler/utils.py": HANDLER_HINTS,
    },
    "agent_safetybench": {
        "evaluation/model_api/BaseAPI.py": BASE_API,
        "score/eval_with_shield.py": EVAL_WITH_SHIELD,
    },
}


@pytest.fixture
def put_sources() -> Callable[[str, Path], Path]:
    """Write a benchmark's made-up files into a folder."""

    def put(name: str, folder: Path) -> Path:
        for path, text in FILES[name].items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        return folder

    return put


@pytest.fixture(scope="session")
def upstream() -> Path:
    """The folder of upstream's real files, a folder a benchmark, named by TRIACT_UPSTREAM.

    Skips when the variable is unset; a name that leads nowhere is an error.
    """
    named = os.environ.get("TRIACT_UPSTREAM")
    if not named:
        pytest.skip("TRIACT_UPSTREAM is not set: it names the folder of upstream's own files")
    folder = Path(named)
    if not folder.is_dir():
        pytest.fail(f"TRIACT_UPSTREAM names {named!r}, which is not a folder")
    return folder
