"""The least that a step of training can cost: its arithmetic, and PyTorch's dispatch of it.

The same layers, batch, bound and fused optimiser as ``helpers.training``, with nothing else: one batch and one noise
for all steps, no shuffling, no checks, no record of what was seen.
"""

import time

import torch
from torch.nn import functional

from helpers import vae


def milliseconds_a_step(x, steps: int, learning_rate: float, weight_decay: float, latents: int = 5) -> float:
    """CPU milliseconds of one bare step on the batch ``x`` (n, D), the mean over ``steps``."""
    model = vae.VAE(x.shape[1], latents)
    optimiser = torch.optim.AdamW(model.parameters(), learning_rate, weight_decay=weight_decay, fused=True)
    noise = torch.randn(len(x), latents, generator=torch.Generator().manual_seed(0))
    start = time.process_time()
    for _ in range(steps):
        mu, log_sigma = model.encoder(x).chunk(2, -1)
        logits = model.decoder(mu + log_sigma.exp() * noise)
        reconstruction = x * logits - functional.softplus(logits)
        kl = 0.5 * (mu**2 + (2 * log_sigma).exp() - 1 - 2 * log_sigma)
        loss = (kl.sum() - reconstruction.sum()) / len(x)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return 1000 * (time.process_time() - start) / steps
