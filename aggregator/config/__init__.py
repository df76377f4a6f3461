"""What the operator decides: the environment, the files of `data/`, and what is missing before opening."""
