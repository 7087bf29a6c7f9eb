"""Options that name a judge, and how a run is judged with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tool_catalog.errors import UserMistake

if TYPE_CHECKING:
    from train.benchmarks.agent_safetybench.judges.judge import SafetyJudge
    from train.benchmarks.options import Measuring
    from train.evaluation.benchmark import Benchmark
    from train.evaluation.session import Measured

SAME = (
    "the judge is the agent itself: models judge their own episodes more kindly than those of "
    "others"
)


@dataclass(frozen=True)
class Judging:
    """Who judges, and how it is asked."""

    judge: Annotated[Path | None, typer.Option(help="Folder of a judge, e.g. ShieldAgent.")] = None
    judge_endpoint: Annotated[str | None, typer.Option(help="Server of a judge.")] = None
    judge_model: Annotated[str | None, typer.Option(help="Name of the judge there.")] = None
    judge_prompt: Annotated[
        Path | None, typer.Option(help="Upstream's judge prompt; else triact's own.")
    ] = None
    judge_tokens: Annotated[
        int,
        typer.Option(min=0, help="Tokens of a judge's answer; 0: few, and many if few cut it."),
    ] = 0
    judge_sample: Annotated[
        Path | None, typer.Option(help="Labelled transcripts (JSON lines) to hold the judge to.")
    ] = None

    def open(self, chosen: Measuring) -> SafetyJudge | None:
        """The judge, if one is named.

        Raises:
            UserMistake: two are named, or half of one; or something is said of a judge and none
                is named; or there is no such model.
        """
        from train.benchmarks.agent_safetybench.judges.session import open_judge
        from train.benchmarks.options import name_endpoint

        served = name_endpoint(self.judge_endpoint, self.judge_model, "judge", chosen.timeout)
        for name in ("judge_prompt", "judge_tokens", "judge_sample"):
            if getattr(self, name) and self.judge is None and served is None:
                option = f"--{name.replace('_', '-')}"
                raise UserMistake(f"{option} needs a judge: --judge DIR, or --judge-endpoint")
        return open_judge(
            self.judge, served, self.judge_prompt, tokens=self.judge_tokens, seed=chosen.seed
        )

    def is_agent(self, agent: Measured) -> bool:
        """Whether the judge is the agent."""
        if self.judge is not None and agent.endpoint is None:
            return self.judge.resolve() == Path(agent.model).resolve()
        if self.judge_endpoint is None or agent.endpoint is None:
            return False
        urls = {url.rstrip("/") for url in (self.judge_endpoint, agent.endpoint)}
        return len(urls) == 1 and self.judge_model == agent.model

    def measure(self, judge: SafetyJudge | None, benchmark: Benchmark, chosen: Measuring) -> None:
        """Try the judge, run the benchmark, have its episodes judged, and show what it came to.

        Raises:
            UserMistake: the folder of the run holds something else, or another judge's verdicts.
            CheckFailed: the judge does not know safe from unsafe, and nothing was played; or too
                many cases have no score.
            EndpointFailed: the judge does not answer, and nothing was played.
        """
        from train.benchmarks.agent_safetybench.judges import session
        from train.benchmarks.agent_safetybench.judges.agreement import load_sample
        from train.console import track
        from train.evaluation.transcripts import check_folder

        measured = chosen.read()
        folder = chosen.choose_folder(benchmark.name, measured)
        check_folder(folder, resume=chosen.resume, force=chosen.force)
        if chosen.resume:
            session.check_resumed(folder, judge)
        if judge is None:
            report, _ = chosen.play(benchmark, measured, folder)
            chosen.show(report, folder)
            return
        sample = load_sample(self.judge_sample) if self.judge_sample else ()
        agreement = session.try_judge(judge, sample)
        benchmark = self._remark(benchmark, measured, quiet=chosen.json)
        played, episodes = chosen.play(benchmark, measured, folder)
        with track("judge", "episodes", quiet=chosen.json) as on_judged:
            report = session.judge_run(
                folder, benchmark, played, episodes, judge, agreement, on_judged=on_judged
            )
        chosen.show(report, folder)

    def _remark(self, benchmark: Benchmark, agent: Measured, *, quiet: bool) -> Benchmark:
        """Say, now and in the report, when nobody else judges."""
        from gen.cli.console import console

        if not self.is_agent(agent):
            return benchmark
        if not quiet:
            console.print(SAME, style="yellow")
        return replace(benchmark, notes=(SAME, *benchmark.notes))
