"""One command for each kind of work: `nox -s tests`, `docs`, `lint`, `types` or `benchmarks`."""

import nox

nox.options.sessions = ["lint", "types", "tests"]


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests, or those that are named: `nox -s tests -- tests/test_kernels.py`."""
    session.install(".[test]")
    session.run("pytest", "-n", "2", "-m", "not slow", *session.posargs)


@nox.session
def oldest(session: nox.Session) -> None:
    """Run the tests on the oldest supported versions."""
    session.install(".[test]", "-c", ".ci/oldest.txt")
    session.run("pytest", "-n", "2", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the pages with their gallery."""
    session.install(".[doc]")
    session.run("make", "-C", "doc", "html", external=True)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and spelling."""
    session.install(".[dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("codespell")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of the package, and of a script as a user would write it."""
    session.install(".[dev]")
    session.run("mypy", "sklime")
    session.run("mypy", "--strict", "tests/typed/user_script.py")


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Run a benchmark: `nox -s benchmarks -- benchmarks/speed.py`."""
    session.install(".[benchmark,boosters]")
    session.run("python", *(session.posargs or ["benchmarks/speed.py"]))
