"""JupyterLab's access to the chapters: each is dressed when it is opened and undressed when it is saved."""

import nbformat
from jupyter_server.services.contents.largefilemanager import LargeFileManager
from jupytext import build_sync_jupytext_contents_manager_class

from livebook.notebook import dress, undress


class ChapterManager(build_sync_jupytext_contents_manager_class(LargeFileManager)):
    """Jupytext's contents manager, which dresses chapters on the way out and undresses them on the way in."""

    def get(self, path, *args, **kwargs):
        """See jupyter_server's ContentsManager."""
        model = super().get(path, *args, **kwargs)
        if path.endswith(".md") and model["type"] == "notebook" and model["content"] is not None:
            model["content"] = dress(model["content"])
        return model

    def save(self, model, path=""):
        """See jupyter_server's ContentsManager."""
        if path.endswith(".md") and model["type"] == "notebook":
            model = model | {"content": undress(nbformat.from_dict(model["content"]))}
        return super().save(model, path)
