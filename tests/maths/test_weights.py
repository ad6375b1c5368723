"""A model comes back as it went, from a file that other programs can read and that runs nothing."""

import json

import pytest
import torch
from safetensors.numpy import load_file

from helpers import vae, weights


def other_likelihood(x, logits):
    return -((x - logits) ** 2).sum(-1)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_a_model_comes_back(tmp_path, dtype):
    model = vae.VAE(6, 3, (5, 4), seed=1).to(dtype)
    weights.save(model, tmp_path / "model.safetensors")
    back = weights.load(tmp_path / "model.safetensors")
    assert (back.pixels, back.latents) == (6, 3)
    assert back.likelihood is vae.log_p_x_given_z
    theirs = back.state_dict()
    for name, value in model.state_dict().items():
        assert theirs[name].dtype is dtype
        assert torch.equal(theirs[name], value)


def test_its_likelihood_is_given_again(tmp_path):
    model = vae.VAE(6, 3, (5,), likelihood=other_likelihood)
    weights.save(model, tmp_path / "model.safetensors")
    x, noise = torch.ones(2, 6), torch.zeros(2, 3)
    back = weights.load(tmp_path / "model.safetensors", other_likelihood)
    assert torch.equal(vae.elbo(back, x, noise), vae.elbo(model, x, noise))


def test_the_file_is_a_header_and_plain_arrays(tmp_path):
    model = vae.VAE(6, 3, (5,))
    weights.save(model, tmp_path / "model.safetensors")
    data = (tmp_path / "model.safetensors").read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    assert json.loads(header["__metadata__"]["vae"]) == {"pixels": 6, "latents": 3, "hidden": [5]}
    arrays = load_file(tmp_path / "model.safetensors")
    assert (arrays["decoder.0.weight"] == model.decoder[0].weight.detach().numpy()).all()


def test_what_is_no_model_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="path names no file: .*nowhere"):
        weights.load(tmp_path / "nowhere.safetensors")
    (tmp_path / "text.safetensors").write_text("not a model")
    with pytest.raises(ValueError, match=r"path is not a VAE .*text\.safetensors"):
        weights.load(tmp_path / "text.safetensors")
