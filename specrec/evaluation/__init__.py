"""How good an encoder is: protocols and the baselines it is held against."""
