"""Explains why tracks are similar: a score as a sum, checked by ablation, put into words."""
