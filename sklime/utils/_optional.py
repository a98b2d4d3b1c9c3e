"""Optional packages, imported where they are needed."""

from importlib import import_module
from types import ModuleType

__all__ = ["import_optional"]


def import_optional(module: str, purpose: str, install: str | None = None) -> ModuleType:
    """Import a module, or say what it is needed for and how to install it.

    Parameters
    ----------
    module : str
        Dotted name of the module.

    purpose : str
        What needs the module, for the message.

    install : str, default=None
        What to install; `None` is the package of the module.

    Returns
    -------
    module : module
        The imported module.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ImportError(
            f"{purpose} needs the package {package!r}, which is not installed; "
            f"install it with: pip install {install or package}"
        ) from error
