"""Every classic bug is caught, and the right code is not."""

import numpy as np
import pytest
from scipy import stats

from helpers import vae_bugs as bugs

TOUCHES = "bound_touches_at_the_posterior"
CAUGHT_BY = {
    "mean over pixels instead of sum": {"pixels_sum_to_one", "pixels_follow_their_logits", "bound_is_below_log_p"},
    "pixels that are off are left out": {"pixels_sum_to_one", "pixels_follow_their_logits", "bound_is_below_log_p"},
    "sigmoid applied twice": {"pixels_follow_their_logits"},
    "½ missing in the KL": {"kl_is_the_integral", TOUCHES},
    "mean over latents instead of sum": {"kl_is_the_integral", "bound_is_below_log_p", TOUCHES},
    "log σ in place of log σ² in the KL": {"kl_is_the_integral", "bound_is_below_log_p", TOUCHES},
    "KL(p‖q) in place of KL(q‖p)": {"kl_is_the_integral", TOUCHES},
    "KL added instead of subtracted": {"bound_is_below_log_p", TOUCHES},
    "variance used as standard deviation": {"draws_have_the_moments_of_q", "bound_is_below_log_p", TOUCHES},
    "no noise: z is q's mean": {"draws_have_the_moments_of_q", "bound_is_below_log_p", TOUCHES},
    "one noise for all latents": {"draws_have_the_moments_of_q"},
}


@pytest.mark.parametrize("check", bugs.CHECKS, ids=lambda c: c.__name__)
def test_the_right_parts_pass(check):
    assert check(bugs.RIGHT)


@pytest.mark.parametrize("bug", bugs.BUGS, ids=lambda b: b.name)
def test_each_bug_is_caught_by_the_check_made_for_it(bug):
    assert set(bugs.caught_by(bug.parts)) == CAUGHT_BY[bug.name] | {"gap_is_the_divergence"}


@pytest.mark.parametrize("check", bugs.CHECKS, ids=lambda c: c.__name__)
def test_each_check_catches_something(check):
    assert any(not check(bug.parts) for bug in bugs.BUGS)


def test_table_begins_with_the_right_code_and_has_every_bug():
    rows = bugs.table()
    assert [row.bug for row in rows] == ["none", *CAUGHT_BY]
    assert rows[0].caught_by == []
    assert rows[0].bound < rows[0].log_p
    assert all(row.caught_by for row in rows[1:])


def test_two_bounds_stay_below_and_only_equality_at_the_posterior_shows_them():
    low = [row.bug for row in bugs.table() if TOUCHES in row.caught_by and "bound_is_below_log_p" not in row.caught_by]
    assert low == ["½ missing in the KL", "KL(p‖q) in place of KL(q‖p)"]


def test_the_linear_decoders_posterior_and_log_p_are_exact():
    """By one two-dimensional Gaussian over latents and another over pixels, in NumPy and SciPy."""
    w, x, sd = bugs._LINEAR.numpy(), bugs._ROW.numpy(), bugs._NOISE_SD.item()
    covariance = np.linalg.inv(np.eye(2) + w.T @ w / sd**2)
    assert covariance[0, 1] == pytest.approx(0, abs=1e-12)
    mean = covariance @ w.T @ x / sd**2
    log_p = stats.multivariate_normal(np.zeros(3), w @ w.T + sd**2 * np.eye(3)).logpdf(x)
    log_joint = stats.norm.logpdf(x, w @ mean, sd).sum() + stats.norm.logpdf(mean).sum()
    assert log_joint - stats.multivariate_normal(mean, covariance).logpdf(mean) == pytest.approx(log_p, abs=1e-12)
    assert bugs.gap_at_the_posterior(bugs.RIGHT).item() == pytest.approx(0, abs=1e-12)
