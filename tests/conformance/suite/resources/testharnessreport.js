// The runner puts its own in the place of this file.
