"""A trained VAE on disk: its weights and sizes, as safetensors. No pickle: loading a file never runs code from it."""

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from helpers import vae


def save(model, path):
    """Write the weights of a ``VAE`` to ``path``, which should end in ``.safetensors``; the folder must exist."""
    sizes = [layer.out_features for layer in model.encoder if hasattr(layer, "out_features")]
    shape = {"pixels": model.pixels, "latents": model.latents, "hidden": sizes[:-1]}
    save_file(
        {name: value.contiguous() for name, value in model.state_dict().items()}, path, {"vae": json.dumps(shape)}
    )


def load(path, likelihood=vae.log_p_x_given_z):
    """The ``VAE`` that ``save`` wrote, in its dtype; the ``likelihood`` is code, so it has to be given again.

    Raises FileNotFoundError, or ValueError for a file that ``save`` did not write.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"path names no file: {str(path)!r}")
    try:
        with safe_open(path, "pt") as file:
            shape = json.loads((file.metadata() or {})["vae"])
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except (SafetensorError, KeyError) as error:
        raise ValueError(f"path is not a VAE that helpers.weights.save wrote: {str(path)!r}") from error
    model = vae.VAE(shape["pixels"], shape["latents"], tuple(shape["hidden"]), likelihood=likelihood)
    model.to(next(iter(state.values())).dtype).load_state_dict(state)
    return model
