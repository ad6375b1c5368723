"""What `make` runs: setting up, building, serving, testing. The standard library is all these modules need."""
