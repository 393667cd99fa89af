"""The files and the page of a results directory."""
