#include "train/provenance.h"

#include <ATen/Version.h>
#include <elf.h>
#include <fmt/format.h>
#include <link.h>

#include <cstring>
#include <fstream>

#include "train/device.h"

namespace byteformer {
namespace {

std::string processor_name() {
  std::ifstream facts("/proc/cpuinfo");
  for (std::string line; std::getline(facts, line);)
    if (line.starts_with("model name") && line.find(": ") != std::string::npos)
      return line.substr(line.find(": ") + 2);
  return "a processor without a name";  // as on AArch64
}

// The note NT_GNU_BUILD_ID, which the linker makes from the whole program's contents.
std::string id_in_notes(const char* at, const char* end) {
  constexpr std::size_t kAlignment = 4;
  const auto aligned = [](std::size_t n) { return (n + kAlignment - 1) / kAlignment * kAlignment; };
  while (at + sizeof(ElfW(Nhdr)) <= end) {
    ElfW(Nhdr) note;
    std::memcpy(&note, at, sizeof note);
    const char *name = at + sizeof note, *contents = name + aligned(note.n_namesz);
    if (note.n_type == NT_GNU_BUILD_ID && std::strncmp(name, "GNU", note.n_namesz) == 0) {
      std::string id;
      for (std::size_t i = 0; i < note.n_descsz; ++i)
        id += fmt::format("{:02x}", static_cast<unsigned char>(contents[i]));
      return id;
    }
    at = contents + aligned(note.n_descsz);
  }
  return "";
}

// The program comes first; libraries are not looked at.
int find_build_id(dl_phdr_info* program, std::size_t, void* result) {
  for (int i = 0; i < program->dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = program->dlpi_phdr[i];
    if (part.p_type != PT_NOTE) continue;
    const auto* begin = reinterpret_cast<const char*>(program->dlpi_addr + part.p_vaddr);
    std::string id = id_in_notes(begin, begin + part.p_memsz);
    if (!id.empty()) *static_cast<std::string*>(result) = std::move(id);
  }
  return 1;
}

}  // namespace

Provenance provenance_of_this_program(std::size_t threads, std::size_t processes,
                                      at::Device device) {
  Provenance provenance;
  provenance.processor = fmt::format("{} ({})", processor_name(), at::get_cpu_capability());
  ::dl_iterate_phdr(find_build_id, &provenance.build);
  provenance.threads = threads;
  provenance.processes = processes;
  provenance.device = name_of(device);
  return provenance;
}

std::vector<std::string> differences(const Provenance& began, const Provenance& now) {
  std::vector<std::string> all;
  const auto compare = [&](const std::string& before, const std::string& after) {
    if (before != after)
      all.push_back("the run began with " + before + " and goes on with " + after);
  };
  const auto counted = [](std::size_t n, const char* one, const char* many) {
    return fmt::format("{} {}", n, n == 1 ? one : many);
  };
  compare("the processor " + began.processor, "the processor " + now.processor);
  compare("build " + began.build + " of this program", "build " + now.build + " of this program");
  compare(counted(began.threads, "thread", "threads"), counted(now.threads, "thread", "threads"));
  compare(counted(began.processes, "process", "processes"),
          counted(now.processes, "process", "processes"));
  compare(began.device, now.device);
  return all;
}

}  // namespace byteformer
