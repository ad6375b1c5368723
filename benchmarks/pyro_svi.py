"""The same VAE as a Pyro model and guide, fitted by stochastic variational inference (``SVI`` with ``Trace_ELBO``)."""

import pyro
import torch
from pyro import distributions
from pyro.infer import SVI, Trace_ELBO
from pyro.optim import CosineAnnealingLR
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.plain_loop import Network


def programs(network):
    """The generative model p(x|z) p(z) and the guide q(z|x)."""

    def model(x):
        pyro.module("decoder", network.decoder)
        with pyro.plate("images", len(x)):
            zero = x.new_zeros(len(x), network.latents)
            z = pyro.sample("z", distributions.Normal(zero, 1.0).to_event(1))
            pyro.sample("x", distributions.Bernoulli(logits=network.decode(z)).to_event(1), obs=x)

    def guide(x):
        pyro.module("encoder", network.encoder)
        with pyro.plate("images", len(x)):
            mu, log_sigma = network.encode(x)
            pyro.sample("z", distributions.Normal(mu, log_sigma.exp()).to_event(1))

    return model, guide


def train(x, epochs, batch, learning_rate, weight_decay, seed=0):
    """Fit a ``Network`` to images ``x``; the same ``seed`` gives the same model again."""
    pyro.clear_param_store()
    pyro.set_rng_seed(seed)
    network = Network(x.shape[1])
    settings = {"lr": learning_rate, "weight_decay": weight_decay}
    optimiser = CosineAnnealingLR({"optimizer": torch.optim.AdamW, "optim_args": settings, "T_max": epochs})
    svi = SVI(*programs(network), optimiser, loss=Trace_ELBO())
    loader = DataLoader(TensorDataset(x), batch_size=batch, shuffle=True)
    losses = []
    for _ in range(epochs):
        losses.append(sum(svi.step(rows) for (rows,) in loader) / len(x))
        optimiser.step()
    return network, losses
