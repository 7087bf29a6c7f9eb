"""What a run is made from: the options of `triact generate`, resolved and written down first."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from gen.records import SCHEMA_VERSION

Length = Literal["compact", "realistic", "long"]
"""How much the texts of a world say."""


class HoldOut(BaseModel):
    """What training never sees, one out-of-distribution split each."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    domains: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    encodings: tuple[str, ...] = ()


class WriterConfig(BaseModel):
    """Which model rewords how much of a run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    host: str
    """Of the endpoint; its whole address may hold a secret."""
    share: float = Field(gt=0, le=1)
    """Of the contrast sets, each reworded whole."""
    language: str = "en"
    judge: str = ""
    """Model that compares rewordings with their texts; none: nobody does."""
    rationales: bool = False
    """Whether it rewords the agent's thoughts too."""
    max_tokens: int = Field(default=1000, gt=0)
    """Of a reply, which words one text, or some notes."""
    instructions: str
    """Hash of what the models are told."""


class RunConfig(BaseModel):
    """A resolved run. Two equal configs give equal bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: str = SCHEMA_VERSION
    size: int = Field(gt=0)
    """Records asked for; contrast sets stay whole, so that the run holds a few more."""
    seed: int = 0
    domains: tuple[str, ...]
    domain_files: tuple[Path, ...] = ()
    template_folders: tuple[Path, ...] = ()
    policy: str = "default"
    """A shipped profile, or the path of a policy file."""
    length: Length = "realistic"
    leaves: tuple[str, ...] = ()
    """Only task templates with one of these user leaves; empty: all."""
    hold_out: HoldOut = HoldOut()
    sets_per_shard: int | None = Field(default=None, gt=0)
    """None: as many as give shards of some thousand records, and sixteen shards if there can be."""
    validation_share: float = Field(default=0.08, ge=0, lt=1)
    test_share: float = Field(default=0.14, ge=0, lt=1)
    writer: WriterConfig | None = None
    """None: templates alone."""
