"""What training both mini models shares: the command line and the loop."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

Losses = dict[str, Tensor]
SHOWN_EVERY = 100  # steps


def arguments(peak: float) -> argparse.Namespace:
    """Read the command line; `peak` is the default of the highest learning rate."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=600)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--peak", type=float, default=peak, help="highest learning rate")
    parser.add_argument("--start", type=Path, help="go on from these weights")
    a = parser.parse_args()
    a.out.parent.mkdir(parents=True, exist_ok=True)
    return a


def optimise(
    net: nn.Module,
    a: argparse.Namespace,
    *,
    losses_at: Callable[[int], Losses],
    total: Callable[[Losses], Tensor],
    held_out: Callable[[], Losses],
) -> None:
    """Train with AdamW under one cycle of the learning rate; write the weights as it goes.

    Parameters
    ----------
    net
        The network.
    a
        Of `arguments`.
    losses_at
        Losses of a fresh batch, given the step.
    total
        What is minimised.
    held_out
        Losses of a batch of held-out cells, to be shown.
    """
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, a.peak, a.steps, pct_start=0.05)
    began = time.time()
    for step in range(a.steps):
        parts = losses_at(step)
        optimiser.zero_grad()
        total(parts).backward()
        clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % SHOWN_EVERY == 0 or step == a.steps - 1:
            with torch.no_grad():
                held = held_out()
            shown = " ".join(
                f"{k} {float(v.detach()):.3f}/{float(held[k]):.3f}" for k, v in parts.items()
            )
            print(f"step {step} {time.time() - began:.0f}s train/held-out: {shown}", flush=True)
            torch.save(net.state_dict(), a.out)
        if time.time() - began > 60 * a.minutes:
            print("time is up")
            break
    torch.save(net.state_dict(), a.out)
    print({"steps": step + 1, "seconds": time.time() - began})
