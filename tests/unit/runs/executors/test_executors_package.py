from typing import get_args

import pytest

from cellglass.errors import StudyError
from cellglass.runs.executors import EXECUTORS, InlineExecutor, PoolExecutor, make_executor
from cellglass.runs.sections import ResourcesConfig


def test_executors_by_name():
    assert isinstance(make_executor("inline", 8), InlineExecutor)
    assert isinstance(make_executor("local", 1), InlineExecutor)  # one worker needs no pool
    pool = make_executor("local", 2)
    assert isinstance(pool, PoolExecutor)
    assert pool.workers == 2


def test_unknown_executor():
    with pytest.raises(StudyError, match=r"no executor 'dask-locl'[\s\S]*'dask-local'"):
        make_executor("dask-locl")


def test_the_study_names_the_same_executors():
    assert get_args(ResourcesConfig.model_fields["executor"].annotation) == EXECUTORS
