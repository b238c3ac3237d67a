#include "recipe/schema.h"

namespace byteformer {

const std::vector<Key>& schema() {
  static const std::vector<Key> keys = [] {
    std::vector<Key> all;
    add_data_keys(all);
    add_image_keys(all);
    add_audio_keys(all);
    add_training_keys(all);
    add_model_keys(all);
    return all;
  }();
  return keys;
}

}  // namespace byteformer
