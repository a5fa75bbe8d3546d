"""What each mutation answers: a success, or one of the problems it may come to."""

ALREADY = "Whether this had been done before, and this call changed nothing."
