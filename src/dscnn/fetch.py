"""Stage fetch@D: the files of a data set, from their addresses to data/raw/D, verified."""

import hashlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.request import url2pathname

import requests
from tqdm import tqdm

from dscnn import files, layout, params
from dscnn.stage import Problem, run

CHUNK = 1 << 16
TIMEOUT_SECONDS = 30


def chunks(address: str) -> Iterator[bytes]:
    """Yield what lies at `address`: https://, http://, file://, a path, or package:NAME/PATH.

    The last is a file that ships inside an installed Python package. Raises `Problem` when it cannot be read.
    """
    scheme, _, rest = address.partition(":")
    try:
        if scheme in ("https", "http"):
            plain = {"Accept-Encoding": "identity"}
            with requests.get(address, stream=True, timeout=TIMEOUT_SECONDS, headers=plain) as response:
                response.raise_for_status()
                yield from response.iter_content(CHUNK)
        else:
            with _local(scheme, rest, address).open("rb") as file:
                while chunk := file.read(CHUNK):
                    yield chunk
    except requests.RequestException as error:
        raise Problem(str(error)) from error
    except OSError as error:
        raise Problem(f"{error.strerror}: {error.filename}") from error


def _local(scheme: str, rest: str, address: str) -> Path:
    if scheme == "package":
        package, _, path = rest.partition("/")
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise Problem(f"the Python package {package} is not installed")
        return Path(spec.submodule_search_locations[0], path)
    return Path(url2pathname(rest.removeprefix("//"))) if scheme == "file" else Path(address)


def copy(file: params.File, address: str, target: Path) -> None:
    """Write what lies at `address` to `target` if its size and SHA-256 are those of `file`.

    Raises `Problem` when they are not; `target` then stays as it was.
    """
    digest, size = hashlib.sha256(), 0
    bar = tqdm(total=file.bytes, unit="B", unit_scale=True, desc=file.name, disable=not sys.stderr.isatty())
    with files.whole(target) as part, bar:
        for chunk in chunks(address):
            digest.update(chunk)
            size += len(chunk)
            if size > file.bytes:
                raise Problem(f"more than the {file.bytes} bytes of the catalogue: another file")
            part.write(chunk)
            bar.update(len(chunk))
        if size < file.bytes:
            raise Problem(f"{size} bytes instead of the {file.bytes} of the catalogue: cut short or another file")
        if digest.hexdigest() != file.sha256:
            raise Problem(f"sha256 {digest.hexdigest()} instead of {file.sha256}: damaged or another file")


def fetch(file: params.File, addresses: Iterable[str], target: Path) -> None:
    """Write `file` to `target` from the first of the places at `addresses` that has it.

    Raises `Problem` with what each place said when none has.
    """
    said = []
    for address in (f"{place.rstrip('/')}/{file.name}" for place in addresses):
        try:
            return copy(file, address, target)
        except Problem as error:
            said.append(f"\n  {address}: {error}")
    raise Problem(f"no address has {file.name}; put one that does first in the catalogue:{''.join(said)}")


def main(dataset: str) -> None:
    """Fetch the files of `dataset`, each verified by size and SHA-256."""
    entry = params.load().catalogue[dataset]
    for _, file in entry.files:
        fetch(file, entry.addresses, layout.raw(dataset) / file.name)
        print(f"{file.name}: {file.bytes} bytes, sha256 verified")


if __name__ == "__main__":
    run(main)
