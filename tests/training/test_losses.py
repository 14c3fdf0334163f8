import math
from pathlib import Path

import pytest
import torch
from torch import distributed
from torch.multiprocessing.spawn import start_processes

from specrec.training.losses import (
    distillation,
    gathered,
    nt_xent,
    supervised_contrastive,
)
from tests.commands import forkserver


def draw(views: int, dim: int, seed: int) -> torch.Tensor:
    return torch.randn(views, dim, generator=torch.Generator().manual_seed(seed))


def brute_force(embeddings: torch.Tensor, labels: list[int], temperature: float) -> float:
    """Khosla et al. 2020, equation 2, one pair at a time in double precision."""
    vectors = [vector / vector.norm() for vector in embeddings.double()]
    losses = []
    for i, anchor in enumerate(vectors):
        others = [j for j in range(len(vectors)) if j != i]
        positives = [j for j in others if labels[j] == labels[i]]
        if not positives:
            continue
        total = sum(math.exp(float(anchor @ vectors[j]) / temperature) for j in others)
        shares = [math.exp(float(anchor @ vectors[j]) / temperature) / total for j in positives]
        losses.append(-sum(math.log(share) for share in shares) / len(shares))
    return sum(losses) / len(losses)


@pytest.mark.parametrize("temperature", [0.05, 0.1, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_nt_xent_equals_a_loop(temperature: float, seed: int) -> None:
    first, second = draw(7, 5, seed), draw(7, 5, seed + 100)
    expected = brute_force(torch.cat([first, second]), [*range(7), *range(7)], temperature)
    assert float(nt_xent(first, second, temperature)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("labels", [[0, 0, 1, 1, 1, 2], [0, 0, 0, 0, 0, 0], [0, 1, 2, 0, 1, 3]])
def test_the_label_loss_equals_a_loop(labels: list[int]) -> None:
    embeddings = draw(6, 4, 0)
    loss = supervised_contrastive(embeddings, torch.tensor(labels), 0.2)
    assert float(loss) == pytest.approx(brute_force(embeddings, labels, 0.2), rel=1e-5)


def test_closed_forms() -> None:
    same = torch.ones(4, 3)
    # All views alike: each of the 2 N - 1 others is as likely.
    assert float(nt_xent(same, same, 0.1)) == pytest.approx(math.log(7), rel=1e-6)
    # Orthogonal tracks, identical views: one logit 1/T against 2 N - 2 zeros.
    eye = torch.eye(4)
    expected = math.log(1 + 6 * math.exp(-1 / 0.5))
    assert float(nt_xent(eye, eye, 0.5)) == pytest.approx(expected, rel=1e-6)
    assert float(supervised_contrastive(eye, torch.arange(4), 0.1)) == 0.0


def test_length_does_not_matter_and_gradients_are_finite() -> None:
    first, second = draw(5, 3, 0).requires_grad_(), draw(5, 3, 1)
    loss = nt_xent(first, second, 0.01)
    torch.testing.assert_close(nt_xent(first * 7, second / 3, 0.01), loss, rtol=1e-4, atol=0)
    loss.backward()  # type: ignore[no-untyped-call]
    assert first.grad is not None
    assert torch.isfinite(first.grad).all()


def test_distillation_is_the_mean_cosine_distance_of_what_is_known() -> None:
    embeddings = torch.eye(3)
    targets = torch.tensor([[2.0, 0, 0], [0, -1, 0], [1, 0, 0]])
    assert float(distillation(embeddings, targets)) == pytest.approx((0 + 2 + 1) / 3)
    nan = torch.nan
    embeddings = torch.tensor([[1.0, 0, 5], [3, 4, 9], [1, 1, 1]], requires_grad=True)
    targets = torch.tensor([[0.0, 2, nan], [3, 4, nan], [nan, nan, nan]])
    loss = distillation(embeddings, targets)
    assert loss.item() == pytest.approx((1 + 0) / 2)
    loss.backward()  # type: ignore[no-untyped-call]
    assert embeddings.grad is not None
    assert torch.isfinite(embeddings.grad).all()
    assert embeddings.grad[:, 2].abs().max() == 0
    assert float(distillation(torch.eye(2), torch.full((2, 2), nan))) == 0


def one_of_two(rank: int, folder: str) -> None:
    """Half of a batch in each process, through one linear layer shared by both."""
    distributed.init_process_group("gloo", f"file://{folder}/store", rank=rank, world_size=2)
    weight = draw(5, 3, 9).requires_grad_()
    first, second = (draw(6, 5, seed).chunk(2)[rank] @ weight for seed in (0, 1))
    loss = nt_xent(gathered(first), gathered(second), 0.2)
    loss.backward()  # type: ignore[no-untyped-call]
    codes = gathered(torch.tensor([rank, 10 + rank]))
    torch.save((loss.detach(), weight.grad, codes), f"{folder}/{rank}.pt")
    distributed.destroy_process_group()


def test_two_processes_see_every_negative_and_learn_as_one(tmp_path: Path) -> None:
    forkserver()
    start_processes(one_of_two, (str(tmp_path),), nprocs=2, start_method="forkserver")
    weight = draw(5, 3, 9).requires_grad_()
    expected = nt_xent(draw(6, 5, 0) @ weight, draw(6, 5, 1) @ weight, 0.2)
    expected.backward()  # type: ignore[no-untyped-call]
    parts = [torch.load(tmp_path / f"{rank}.pt") for rank in (0, 1)]
    for loss, _, codes in parts:
        torch.testing.assert_close(loss, expected.detach())
        assert codes.tolist() == [0, 10, 1, 11]
    averaged = (parts[0][1] + parts[1][1]) / 2
    torch.testing.assert_close(averaged, weight.grad)
