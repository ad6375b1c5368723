"""The machinery of the book: a torch-to-JavaScript compiler, live figures, and a Sphinx extension that shows them."""
