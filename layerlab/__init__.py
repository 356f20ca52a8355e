"""LayerLab: which neural network should I use for this table, and how sure can I be?"""

__version__ = "0.1.0"
