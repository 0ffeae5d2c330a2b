"""Perturbation-first evaluation: do scores predict which genes respond when a gene is perturbed?"""
