"""The VAE as a PyTorch tutorial trains it: its own network, a DataLoader, AdamW, a cosine schedule.

This is what ``helpers.training.train`` is timed against. It has the same layers, batch size, optimiser and schedule.
"""

import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset


class Network(nn.Module):
    """Encoder x -> (mu, log_sigma) and decoder z -> logits, with PyTorch's own starting weights."""

    def __init__(self, pixels=64, latents=5, hidden=128):
        """Two tanh layers each way."""
        super().__init__()
        self.latents = latents
        self.encoder = nn.Sequential(
            nn.Linear(pixels, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh(), nn.Linear(hidden, 2 * latents)
        )
        self.decoder = nn.Sequential(
            nn.Linear(latents, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh(), nn.Linear(hidden, pixels)
        )

    def encode(self, x):
        """Mean and log standard deviation of q(z|x)."""
        return self.encoder(x).chunk(2, -1)

    def decode(self, z):
        """Logits of the pixels of p(x|z)."""
        return self.decoder(z)


def loss_function(model, x):
    """Negative ELBO of a batch, one draw an image."""
    mu, log_sigma = model.encode(x)
    z = mu + log_sigma.exp() * torch.randn_like(mu)
    cross_entropy = functional.binary_cross_entropy_with_logits(model.decode(z), x, reduction="sum")
    kl = 0.5 * torch.sum(mu**2 + (2 * log_sigma).exp() - 1 - 2 * log_sigma)
    return (cross_entropy + kl) / len(x)


def train(x, epochs, batch, learning_rate, weight_decay, seed=0):
    """Fit a ``Network`` to images ``x``; the same ``seed`` gives the same model again."""
    torch.manual_seed(seed)
    model = Network(x.shape[1])
    optimiser = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    loader = DataLoader(TensorDataset(x), batch_size=batch, shuffle=True)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for (rows,) in loader:
            optimiser.zero_grad()
            loss = loss_function(model, rows)
            loss.backward()
            optimiser.step()
            total += loss.item() * len(rows)
        losses.append(total / len(x))
        schedule.step()
    return model, losses
