"""Muon for matrices and AdamW for the rest, as one optimizer.

A tiny model from scratch has minutes to learn to copy values. Muon gets there in about half the
tokens that AdamW needs; see Jordan et al., "Muon: an optimizer for hidden layers" (2024).
"""

from typing import Any

from train.presets import SftSettings

_NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
_STEPS = 5
_MOMENTUM = 0.95


def choose_muon(settings: SftSettings) -> tuple[Any, dict[str, Any]]:
    """What `SFTTrainer(optimizer_cls_and_kwargs=...)` takes: a factory, and its arguments."""
    return MuonFactory, {"lr": settings.learning_rate, "matrix_lr": settings.matrix_rate}


class MuonFactory:
    """Makes the optimizer once the trainer has its model."""

    def __call__(self, model: Any, *, lr: float, matrix_lr: float) -> Any:
        """Matrices of the layers to Muon; embeddings, norms and biases to AdamW."""
        matrices, rest = [], []
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                inner = parameter.ndim == 2 and "embed" not in name and "lm_head" not in name
                (matrices if inner else rest).append(parameter)
        return _make_class()(
            [
                {"params": matrices, "lr": matrix_lr, "muon": True},
                {"params": rest, "lr": lr, "muon": False},
            ]
        )


def orthogonalize(stacked: Any) -> Any:
    """The nearest matrices with orthonormal rows or columns, by Newton-Schulz, for a stack."""
    a, b, c = _NEWTON_SCHULZ
    x = stacked / (stacked.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    tall = x.size(-2) > x.size(-1)
    x = x.mT if tall else x
    for _ in range(_STEPS):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x.mT if tall else x


def _make_class() -> Any:
    import torch

    class Muon(torch.optim.Optimizer):  # type: ignore[misc]
        """Groups marked `muon` take orthogonalized momentum steps; AdamW steps the others."""

        def __init__(self, groups: list[dict[str, Any]]) -> None:
            super().__init__(groups, {})
            others = [group for group in self.param_groups if not group["muon"]]
            self._adamw = torch.optim.AdamW(others, betas=(0.9, 0.99), weight_decay=0.0)

        @torch.no_grad()  # type: ignore[untyped-decorator]
        def step(self, closure: Any = None) -> None:
            """One step of both."""
            for group in self.param_groups:
                if group["muon"]:
                    self._step_matrices(group)
            # Loading a state replaces groups and state, so both are handed over every time.
            self._adamw.param_groups = [g for g in self.param_groups if not g["muon"]]
            self._adamw.state = self.state
            self._adamw.step()

        def _step_matrices(self, group: dict[str, Any]) -> None:
            shapes: dict[Any, list[tuple[Any, Any]]] = {}
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(parameter)
                state["momentum"].lerp_(parameter.grad, 1 - _MOMENTUM)
                update = parameter.grad.lerp(state["momentum"], _MOMENTUM)
                shapes.setdefault(parameter.shape, []).append((parameter, update))
            for shape, pairs in shapes.items():
                rate = group["lr"] * max(1.0, shape[0] / shape[1]) ** 0.5
                steps = orthogonalize(torch.stack([update for _, update in pairs]))
                for (parameter, _), update in zip(pairs, steps, strict=True):
                    parameter.add_(update, alpha=-rate)

    return Muon
