"""Works of one's own, as docs/your-own-io.md explains them."""
