"""The Sphinx extension: live figures, exercises, equations set at build time, vendored assets, fresh outputs."""

from livebook.sphinx import assets, equations, exercises, figures, freshness, notebooks, questions


def setup(app):
    """Register the parts; each connects its own events."""
    for part in (freshness, assets, equations, figures, questions, exercises, notebooks):
        part.connect(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
