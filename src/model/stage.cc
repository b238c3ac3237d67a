#include "model/stage.h"

#include <chrono>

#include "base/parallel.h"

namespace byteformer {

void StageContext::for_each(std::size_t count, const std::function<void(std::size_t)>& body) const {
  if (pool != nullptr) return pool->for_each(count, body);
  for (std::size_t i = 0; i < count; ++i) body(i);
}

void StageContext::for_each_timed(const std::string& stage, std::size_t count,
                                  const std::function<void(std::size_t)>& body) const {
  if (times == nullptr) return for_each(count, body);
  const auto begin = std::chrono::steady_clock::now();
  for_each(count, body);
  (*times)[stage] +=
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace byteformer
