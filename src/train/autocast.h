// BF16 autocast on a CPU, for as long as it lives.
#pragma once

namespace byteformer {

class Autocast {
 public:
  explicit Autocast(bool bf16);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool before_;
};

}  // namespace byteformer
