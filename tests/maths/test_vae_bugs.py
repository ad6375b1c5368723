"""Every classic bug is caught, and the right code is not."""

import pytest

from helpers import vae_bugs as bugs

CAUGHT_BY = {
    "mean over pixels instead of sum": {"pixels_sum_to_one", "bound_is_below_log_p"},
    "pixels that are off are left out": {"pixels_sum_to_one", "bound_is_below_log_p"},
    "sigmoid applied twice": {"pixels_follow_their_logits"},
    "½ missing in the KL": {"kl_is_the_integral"},
    "mean over latents instead of sum": {"kl_is_the_integral"},
    "log σ in place of log σ² in the KL": {"kl_is_the_integral"},
    "KL(p‖q) in place of KL(q‖p)": {"kl_is_the_integral"},
    "KL added instead of subtracted": {"bound_is_below_log_p"},
    "variance used as standard deviation": {"draws_have_the_moments_of_q"},
    "no noise: z is q's mean": {"draws_have_the_moments_of_q", "bound_is_below_log_p"},
    "one noise for all latents": {"draws_have_the_moments_of_q"},
}


@pytest.mark.parametrize("check", bugs.CHECKS, ids=lambda c: c.__name__)
def test_the_right_parts_pass(check):
    assert check(bugs.RIGHT)


@pytest.mark.parametrize("bug", bugs.BUGS, ids=lambda b: b.name)
def test_each_bug_is_caught_by_the_check_made_for_it(bug):
    assert CAUGHT_BY[bug.name] <= set(bugs.caught_by(bug.parts))
    assert not bugs.gap_is_the_divergence(bug.parts)


@pytest.mark.parametrize("check", bugs.CHECKS, ids=lambda c: c.__name__)
def test_each_check_catches_something(check):
    assert any(not check(bug.parts) for bug in bugs.BUGS)


def test_table_begins_with_the_right_code_and_has_every_bug():
    rows = bugs.table()
    assert [row[0] for row in rows] == ["none", *CAUGHT_BY]
    assert rows[0][3] == []
    assert rows[0][1] < rows[0][2]
    assert all(row[3] for row in rows[1:])
