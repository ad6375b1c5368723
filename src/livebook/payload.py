"""What a figure hands to the built page, by name, so that neither side need import the other."""

MIME = "application/vnd.livebook.figure+json"
