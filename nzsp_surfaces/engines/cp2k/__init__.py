"""CP2K: density functional theory by a free program, in Gaussians and plane waves."""
