"""What a network has to beat, fitted by scikit-learn in a process of its own."""
