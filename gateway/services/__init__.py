"""The work: the stories of a purchase, the one writer, the reads, and the providers they talk to."""
