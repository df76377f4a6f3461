"""What monitoring asks: is the process alive, can it make pages, how is everything."""
