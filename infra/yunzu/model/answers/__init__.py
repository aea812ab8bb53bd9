"""Documents that the centre answers with: the API's bodies, and what `--json` prints. More keys may come."""
