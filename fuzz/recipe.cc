#include "recipe/recipe.h"

#include "fuzz/target.h"

void byteformer::fuzz::read_hostile(std::span<const std::uint8_t> bytes) {
  const std::string written = to_yaml(parse_recipe(text_of(bytes), "fuzz"));
  if (to_yaml(parse_recipe(written, "again")) != written) __builtin_trap();
}
