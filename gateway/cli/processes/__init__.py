"""The processes that serve: how one is told to stop and ends, and how several are kept alive."""
