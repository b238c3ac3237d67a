#include "model/stage.h"

#include <chrono>

#include "base/parallel.h"

namespace byteformer {

void StageContext::for_each(const std::string& stage, std::size_t count,
                            const std::function<void(std::size_t)>& body) const {
  if (times == nullptr) return byteformer::for_each(pool, count, body);
  const auto begin = std::chrono::steady_clock::now();
  byteformer::for_each(pool, count, body);
  (*times)[stage] +=
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace byteformer
