"""What of a package's file belongs to a class: each function takes the file's bytes and yields those that may be cut into blocks."""
import bz2
import gzip
import io
import struct
import zipfile

import machine_code


def whole(content):
    yield content


def code(content):
    yield machine_code.of_file(content)


def unzipped(content):
    yield gzip.decompress(content)


def bzip2(content):
    """The file as bzip2 would store it: Debian has hardly any such files any more."""
    yield bz2.compress(content)


def classes_of_jar(content):
    with zipfile.ZipFile(io.BytesIO(content)) as jar:
        for name in sorted(jar.namelist()):
            if name.endswith(".class"):
                yield jar.read(name)


def samples_of_wave(content, bits):
    """The samples of a WAV file of so many bits a sample, if it is one."""
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return
    at, found = 12, None
    while at + 8 <= len(content):
        name, size = content[at : at + 4], struct.unpack_from("<I", content, at + 4)[0]
        if name == b"fmt ":
            found = struct.unpack_from("<HHIIHH", content, at + 8)
        elif name == b"data" and found and (found[0], found[5]) == (1, bits):
            yield content[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def pcm16(content):
    return samples_of_wave(content, 16)


def pcm8(content):
    return samples_of_wave(content, 8)


BY_NAME = {part.__name__: part for part in (whole, code, unzipped, bzip2, classes_of_jar, pcm16, pcm8)}
