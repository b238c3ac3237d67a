// The commands of byteformer-codec, one file each. Arguments are those after the command's name.
#pragma once

#include <string>
#include <vector>

namespace byteformer {

// Each returns an exit status and throws byteformer::Error.
int encode(const std::vector<std::string>& arguments);
int convert(const std::vector<std::string>& arguments);
int serve(const std::vector<std::string>& arguments);  // of other programs, see codec_process.h

}  // namespace byteformer
