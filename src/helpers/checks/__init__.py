"""The exercises' checkers and quick questions. Standard library only, so that they run in the page too.

In a chapter: ``check("name", function)`` judges code; ``choice``, ``choices`` and ``number`` ask a quick question.
For the page: ``run`` executes a reader's cell and its check, ``curve_points`` computes what an exercise draws.

A chapter's checkers and questions stand in the module of its name. A new exercise is one checker there (a judge whose
parameters are the names that the reader defines, a list of wrong answers); in the chapter it is a cell tagged
``exercise``, one tagged ``check`` directly below it, hints, and a solution with a cell tagged ``solution``.
"""

from helpers.checks import (  # noqa: F401 (each registers its exercises)
    decoder,
    density,
    digits,
    elbo,
    encoder,
    estimator,
    evaluation,
    gaussian_mle,
    gradients,
    kl,
    likelihood,
    linear,
    log_likelihood,
    mean_field,
    mixture,
    optimisation,
    regulariser,
    variational_em,
)
from helpers.checks.questions import choice, choices, number, question, questions
from helpers.checks.reader import explain
from helpers.checks.registry import Curve, Wrong, check, checker, checkers, curve_points, get, run
from helpers.checks.result import Result

__all__ = [
    "Curve",
    "Result",
    "Wrong",
    "check",
    "checker",
    "checkers",
    "choice",
    "choices",
    "curve_points",
    "explain",
    "get",
    "number",
    "question",
    "questions",
    "run",
]
