"""Words and rules of LayerLab. Frozen values and pure functions; standard library only."""
