"""Intrinsic dimension of a cloud, by several estimators."""
