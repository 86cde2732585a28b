"""Many cells: their order and the loop that drives them."""
