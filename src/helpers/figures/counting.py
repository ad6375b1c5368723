"""Counting values in bins, for the histograms of several figures."""

import torch


def in_bins(values: torch.Tensor, edges: torch.Tensor, weights=1.0) -> torch.Tensor:
    """How many ``values`` (n,), each counted ``weights`` times, lie in each bin [edge, next edge): (bins,).

    NaN lies in none.
    """
    return ((values < edges[:, None]).to(edges.dtype) * weights).sum(1).diff()
