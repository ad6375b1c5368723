"""Training time of ``helpers.training.train`` beside a textbook's loop and Pyro's SVI, at the same test ELBO.

Three trainers run in turn on the same digits with the same settings. Each run is one whole training: a number of
epochs, over which the learning rate falls to zero. Time is the process's own (CPU seconds, one thread), for a machine
does other things too. Who learns more in an epoch needs fewer of them: the ratios at equal ELBO count that in.
"""

import inspect
import time
from statistics import fmean, median

import torch

from benchmarks.report import Bar, Row
from benchmarks.site import Site
from benchmarks.summary import first_reached, median_ratio
from helpers import datasets, training, vae

BAR = Bar(1.3, at_least=True)
FLOOR_BAR = Bar(1.5)
FLOOR_PAIRS, QUICK_FLOOR_PAIRS = 9, 3
FLOOR_EPOCHS = 20
TOLERANCE = 0.1  # nats
EPOCHS, SEEDS = (60, 100, 140, 200), (0, 1, 2)
QUICK_EPOCHS, QUICK_SEEDS = (40, 80), (0, 1)
LEAN, PLAIN, PYRO = "helpers.training.train", "plain PyTorch loop", "Pyro SVI"


def settings() -> dict:
    """What ``helpers.training.train`` takes by default and the other two are given."""
    defaults = inspect.signature(training.train).parameters
    return {name: defaults[name].default for name in ("batch", "learning_rate", "weight_decay")}


def trainers() -> dict:
    """The three, by name. Pyro is imported here: it takes a second."""
    from benchmarks import plain_loop, pyro_svi

    return {LEAN: training.train, PLAIN: plain_loop.train, PYRO: pyro_svi.train}


def run(train, epochs: int, seed: int) -> tuple[float, float]:
    """CPU milliseconds an epoch, and the test ELBO reached."""
    digits = datasets.digits()
    start = time.process_time()
    model, _ = train(digits.train, epochs=epochs, seed=seed, **settings())
    seconds = time.process_time() - start
    return 1000 * seconds / epochs, vae.evaluate(model, digits.test)


def curves(epochs, seeds) -> tuple[dict, dict]:
    """Milliseconds an epoch of every run, and the test ELBO for each number of epochs (mean over seeds), by trainer."""
    candidates = trainers()
    for train in candidates.values():
        run(train, 2, 0)  # the first run pays for what is loaded on the way
    times, elbos = {name: [] for name in candidates}, {name: [] for name in candidates}
    for budget in epochs:
        reached = {name: [] for name in candidates}
        for seed in seeds:
            for name, train in candidates.items():
                milliseconds, elbo = run(train, budget, seed)
                times[name].append(milliseconds)
                reached[name].append(elbo)
        for name, values in reached.items():
            elbos[name].append(fmean(values))
    return times, elbos


def at_equal_elbo(epochs, elbos: dict, other: str) -> tuple[float, float, float]:
    """The ELBO that both reach, within a tolerance of the lesser best, and the epochs of ours and of the other."""
    target = min(max(elbos[LEAN]), max(elbos[other])) - TOLERANCE
    return target, first_reached(epochs, elbos[LEAN], target), first_reached(epochs, elbos[other], target)


def speed(name: str, times: list[float], epochs, elbos: list[float]) -> Row:
    """Time of an epoch, and where the longest training ends."""
    note = f"{epochs[-1]} epochs: test ELBO {elbos[-1]:.2f} nats"
    detail = {"milliseconds": times, "epochs": list(epochs), "test_elbo": elbos}
    return Row("training", name, "CPU time an epoch", median(times), "ms", None, note, detail)


def ratios(other: str, epochs, times: dict, elbos: dict, bar: Bar | None) -> list[Row]:
    """How many times as long as ours the other takes: for an epoch, and to the same test ELBO."""
    per_epoch = median_ratio(times[other], times[LEAN])
    target, ours, theirs = at_equal_elbo(epochs, elbos, other)
    note = f"to {target:.2f} nats: {ours:.0f} epochs against {theirs:.0f}"
    detail = {"test_elbo": target, "epochs_ours": ours, "epochs_other": theirs}
    return [
        Row("training", f"{other} / ours", "an epoch", per_epoch, "×", bar, f"{len(times[other])} pairs of runs"),
        Row("training", f"{other} / ours", "to equal test ELBO", per_epoch * theirs / ours, "×", bar, note, detail),
    ]


def above_the_floor(pairs: int) -> list[Row]:
    """A step of ours, epochs and all, against the bare arithmetic of one, measured in turn."""
    from benchmarks import floor

    given = settings()
    batch = given.pop("batch")
    x = datasets.digits().train
    steps_an_epoch = -(-len(x) // batch)
    ours, bare = [], []
    for seed in range(pairs):
        start = time.process_time()
        training.train(x, epochs=FLOOR_EPOCHS, batch=batch, seed=seed, **given)
        ours.append(1000 * (time.process_time() - start) / (FLOOR_EPOCHS * steps_an_epoch))
        bare.append(floor.milliseconds_a_step(x[:batch], FLOOR_EPOCHS * steps_an_epoch, **given))
    note = f"{median(ours):.2f} ms against {median(bare):.2f} ms; {pairs} pairs of runs"
    ratio = median_ratio(ours, bare)
    return [Row("training", f"{LEAN} / its arithmetic", "CPU time a step", ratio, "×", FLOOR_BAR, note)]


def measure(book: Site, quick: bool) -> list[Row]:
    """Speeds and ratios."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        epochs, seeds = (QUICK_EPOCHS, QUICK_SEEDS) if quick else (EPOCHS, SEEDS)
        times, elbos = curves(epochs, seeds)
        floor = above_the_floor(QUICK_FLOOR_PAIRS if quick else FLOOR_PAIRS)
    finally:
        torch.set_num_threads(threads)
    found = [speed(name, times[name], epochs, elbos[name]) for name in times]
    return found + floor + ratios(PLAIN, epochs, times, elbos, BAR) + ratios(PYRO, epochs, times, elbos, None)
