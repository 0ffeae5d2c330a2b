"""Counterfactual attribution: genes that drive a unit, nulls, estimators, planted truth."""
