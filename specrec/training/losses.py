"""The losses: contrastive, distillation, regression."""

import torch
from torch import Tensor, distributed
from torch.distributed.nn.functional import all_gather
from torch.nn.functional import cosine_similarity, normalize

from specrec.shapes import Float, Int, Shaped


def nt_xent(
    first: Float[Tensor, "tracks dim"], second: Float[Tensor, "tracks dim"], temperature: float
) -> Float[Tensor, ""]:
    """Normalized temperature-scaled cross entropy (Chen et al. 2020, "SimCLR", equation 1).

    Each view must pick out the other view of its track among all 2 N - 1 other views.

    Args:
        first: One view of each track.
        second: Another view of each, in the same order.
        temperature: Divides the cosine similarities; smaller weighs hard negatives more.

    Returns:
        The mean over the 2 N views, in nats.
    """
    tracks = torch.arange(len(first), device=first.device)
    return supervised_contrastive(torch.cat([first, second]), tracks.repeat(2), temperature)


def supervised_contrastive(
    embeddings: Float[Tensor, "views dim"], labels: Int[Tensor, " views"], temperature: float
) -> Float[Tensor, ""]:
    """Supervised contrastive loss (Khosla et al. 2020, equation 2).

    Args:
        embeddings: The views' embeddings, which are normalized here.
        labels: The views' labels; views of one label attract each other.
        temperature: Divides the cosine similarities; smaller weighs hard negatives more.

    Returns:
        The mean over the views whose label another view shares, in nats; 0 if there is none.
    """
    unit = normalize(embeddings.float(), dim=1)
    logits = unit @ unit.T / temperature
    itself = torch.eye(len(unit), dtype=torch.bool, device=unit.device)
    log_share = logits - logits.masked_fill(itself, -torch.inf).logsumexp(dim=1, keepdim=True)
    positive = (labels[:, None] == labels[None, :]) & ~itself
    count = positive.sum(dim=1)
    per_view = -(log_share * positive).sum(dim=1) / count.clamp(min=1)
    mean: Tensor = per_view.sum() / (count > 0).sum().clamp(min=1)
    return mean


def gathered(tensor: Shaped[Tensor, "own *rest"]) -> Shaped[Tensor, "all *rest"]:
    """The tensors of all processes, one after another, so that each sees every negative.

    Gradients flow back to the process that each part came from, summed over the processes; with
    the average that distributed training takes of their parameters' gradients, they are those of
    one process with the whole batch.
    """
    if not distributed.is_initialized():
        return tensor
    return torch.cat(all_gather(tensor))


def distillation(
    embeddings: Float[Tensor, "views dim"], targets: Float[Tensor, "views dim"]
) -> Float[Tensor, ""]:
    """The cosine distance of embeddings to their targets, where these are known.

    Args:
        embeddings: The student's embeddings of some views.
        targets: The teachers' embeddings of these views; NaN is unknown and doesn't count.

    Returns:
        The mean over the views of 1 - cosine, from 0 to 2; 0 if no view has a target.
    """
    known = ~targets.isnan()
    expected = targets.nan_to_num()
    similarity = cosine_similarity(embeddings.float() * known, expected, dim=1)
    taught = known.any(dim=1)
    distance: Tensor = ((1 - similarity) * taught).sum() / taught.sum().clamp(min=1)
    return distance


def regression(
    predicted: Float[Tensor, "views rows"], targets: Float[Tensor, "views rows"]
) -> Float[Tensor, ""]:
    """The mean squared error over the known targets; NaN is unknown.

    Returns:
        The error, on the scale of the targets squared; 0 if no target is known.
    """
    known = ~targets.isnan()
    squared = (predicted.float() - targets.nan_to_num()).square() * known
    mean: Tensor = squared.sum() / known.sum().clamp(min=1)
    return mean
