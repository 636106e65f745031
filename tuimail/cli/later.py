"""Modules that are loaded when something of theirs is first used, not when they are imported."""

import sys
from importlib import import_module
from types import ModuleType


class _Later(ModuleType):
    """Stands for a module until then; after that it has all that the module has."""

    def __getattr__(self, name: str) -> object:
        own = self.__name__
        if sys.modules.get(own) is self:
            del sys.modules[own]
        real = import_module(own)
        self.__dict__.update(real.__dict__)
        return getattr(real, name)


def put_off(name: str) -> None:
    """Have `name` loaded when it is first used; for what others import and seldom need."""
    if name not in sys.modules:
        sys.modules[name] = _Later(name)
