"""The machine code in a file: sections of ELF objects and archives of these. Read by hand: no tool knows all processors."""
import struct

EXECUTABLE = 0x4  # SHF_EXECINSTR
PROGRAM_BITS = 1  # SHT_PROGBITS


def of_elf(content):
    """The sections .text and .text.* of an ELF object or library, of either byte order and word size, one after the other."""
    wide, order = content[4] == 2, "<" if content[5] == 1 else ">"
    section_table = struct.unpack_from(order + ("Q" if wide else "I"), content, 40 if wide else 32)[0]
    entry_size, entries, names_index = struct.unpack_from(order + "HHH", content, 58 if wide else 46)
    layout = order + ("IIQQQQ" if wide else "IIIIII")  # name, type, flags, address, offset, size
    headers = [struct.unpack_from(layout, content, section_table + i * entry_size) for i in range(entries)]
    if not headers:
        return b""
    names = headers[names_index][4]

    def is_code(name, kind, flags):
        begin = names + name
        return kind == PROGRAM_BITS and flags & EXECUTABLE and content[begin : content.index(b"\0", begin)].startswith(b".text")

    return b"".join(content[offset : offset + size] for name, kind, flags, _, offset, size in headers if is_code(name, kind, flags))


def of_archive(content):
    """The code of every object in an ar archive, which static libraries are."""
    code, at = [], 8
    while at + 60 <= len(content):
        size = int(content[at + 48 : at + 58])
        member = content[at + 60 : at + 60 + size]
        if member.startswith(b"\x7fELF"):
            code.append(of_elf(member))
        at += 60 + size + size % 2
    return b"".join(code)


def of_file(content):
    """The code of an object, library or archive; nothing of another file, such as a linker script."""
    if content.startswith(b"\x7fELF"):
        return of_elf(content)
    if content.startswith(b"!<arch>\n"):
        return of_archive(content)
    return b""
