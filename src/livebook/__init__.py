"""The machinery of the book: a torch-to-JavaScript compiler, live figures, and the Sphinx extension that publishes them."""
