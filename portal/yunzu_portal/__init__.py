"""The centre's API over HTTPS: parse, call one service, answer with a document."""
