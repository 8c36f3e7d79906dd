"""How the `lethe` command says who it is, and signs people in."""
