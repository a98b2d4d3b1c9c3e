"""The README as a package index shows it: there, links need whole addresses.

In the repository links stay relative, so that they also hold in forks, branches and archives.
Everything else about the package is in ``pyproject.toml``.
"""

import re
import tomllib
from pathlib import Path

__all__ = ["readme_for_index"]

ROOT = Path(__file__).parent

# Code, a picture or a link. Code stays: values[0](x) is no link. So do addresses.
CODE_OR_LINK = re.compile(
    r"(?s:```.*?```)|`[^`]*`|(!?)\[((?:[^\[\]]|!\[[^\]]*\]\([^)]*\))*)\]\(([^)\s]+)\)"
)
ADDRESS = re.compile(r"https?:|mailto:|#")


def readme_for_index(readme: str, repository: str, version: str) -> str:
    """Return a README whose relative links lead to files of a released version.

    Parameters
    ----------
    readme : str
        Markdown with links relative to the root of the repository.

    repository : str
        Address of the repository, without a slash at its end.

    version : str
        Version of the package. Its tag is ``v`` and the version. A development version has no
        tag, and its links lead to the branch ``main``.

    Returns
    -------
    readme : str
        The same text with whole addresses. Pictures are raw files, other links are pages.
    """
    revision = "main" if "dev" in version else f"v{version}"

    def whole(match: re.Match[str]) -> str:
        mark, text, target = match.groups()
        if target is None:
            return match.group()
        if not ADDRESS.match(target):
            target = f"{repository}/{'raw' if mark else 'blob'}/{revision}/{target}"
        # A picture may be the text of a link.
        return f"{mark}[{CODE_OR_LINK.sub(whole, text)}]({target})"

    return CODE_OR_LINK.sub(whole, readme)


def main() -> None:
    """Hand the README to setuptools."""
    # Tests import this file where setuptools is not installed.
    from setuptools import setup

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    setup(
        long_description=readme_for_index(readme, project["urls"]["Source"], project["version"]),
        long_description_content_type="text/markdown",
    )


# setuptools runs this file under that name; tests import it.
if __name__ == "__main__":
    main()
