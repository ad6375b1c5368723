"""What a reader of the book imports: the mathematics, small and pure, torch in and torch out."""
