// Pinwheel
