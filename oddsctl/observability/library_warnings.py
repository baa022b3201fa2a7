"""Keep warnings of libraries, meant for developers, off the user's terminal."""

from __future__ import annotations

import sys
import warnings
from importlib.util import find_spec
from typing import Any


def silence_libraries() -> None:
    """Show no warnings, whatever `-W` and PYTHONWARNINGS say, and no unhandled log records.

    `logging` prints unhandled records and its own errors as a last resort. It is configured when it is
    imported, since most runs never import it.
    """
    warnings.simplefilter("ignore")
    # A library may set a filter of its own.
    warnings.showwarning = lambda *_, **__: None
    if "logging" in sys.modules:
        _quiet(sys.modules["logging"])
    elif _WhenLoggingComes not in sys.meta_path:
        sys.meta_path.insert(0, _WhenLoggingComes)


def _quiet(logging: Any) -> None:
    logging.lastResort = logging.NullHandler()
    logging.raiseExceptions = False


class _WhenLoggingComes:
    """Import finder that loads `logging` as usual and then silences it."""

    @staticmethod
    def find_spec(name: str, _path: object = None, _target: object = None) -> Any:
        if name != "logging":
            return None
        sys.meta_path.remove(_WhenLoggingComes)
        spec = find_spec(name)
        loader: Any = spec.loader if spec else None
        if loader is not None:
            load = loader.exec_module

            def loaded(module: Any) -> None:
                load(module)
                _quiet(module)

            loader.exec_module = loaded
        return spec
