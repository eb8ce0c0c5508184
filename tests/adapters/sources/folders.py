"""What tests of folders share: write a file, list a source, read one address."""

from lib.ports.source_reader import Fetch


def put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def listed(reader, source):
    return [found.url.rpartition("/docs/")[2] for found in reader.discover(source).found]


def read(reader, source, url, **known):
    [result] = reader.read(source, [Fetch(url=url, **known)])
    return result
