// The commands of `byteformer`, one file each. Arguments are those after the command's name.
#pragma once

#include <string>
#include <vector>

namespace byteformer {

// Each returns an exit status and throws byteformer::Error.
int predict(const std::vector<std::string>& arguments, const std::string& command_line);
int eval(const std::vector<std::string>& arguments, const std::string& command_line);
int bench(const std::vector<std::string>& arguments, const std::string& command_line);
int obfuscate(const std::vector<std::string>& arguments, const std::string& command_line);
int inspect(const std::vector<std::string>& arguments, const std::string& command_line);

}  // namespace byteformer
