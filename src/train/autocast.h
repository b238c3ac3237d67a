// BF16 autocast for as long as it lives; then what was before.
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
