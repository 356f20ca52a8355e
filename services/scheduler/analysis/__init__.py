"""What a study's trials say: the mathematics of its verdict, and its words."""
