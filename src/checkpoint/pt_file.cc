#include "checkpoint/pt_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "byteformer/error.h"
#include "checkpoint/pickle.h"
#include "checkpoint/storage_type.h"
#include "checkpoint/stored_zip.h"
#include "tensor/file_bytes.h"

namespace byteformer {
namespace {

using Kind = PickleValue::Kind;

constexpr std::size_t kMaxDepth = 16, kMaxDimensions = 16, kMaxKey = 200;
// A training checkpoint of 32 layers has about 2000; shared values could be reached without end.
constexpr std::size_t kMaxValues = 100'000;

// A tensor as the pickle describes it, checked against the storage it views.
struct View {
  DType dtype;
  Shape shape, strides;
  std::size_t offset;                  // elements
  std::span<const std::byte> storage;  // all of it
};

class Reader {
 public:
  Reader(std::span<const std::byte> file, const std::string& name)
      : name_(name), file_bytes_(file.size()), entries_(read_stored_zip(file, name)) {
    const std::string_view pickle = "/data.pkl";
    for (const auto& [entry, bytes] : entries_)
      if (entry.ends_with(pickle)) {
        if (!folder_.empty()) fail("two pickles");
        folder_ = entry.substr(0, entry.size() - pickle.size() + 1);
        pickle_ = read_pickle(bytes, name);
      }
    if (folder_.empty()) fail("no data.pkl");
    if (const auto order = entries_.find(folder_ + "byteorder"); order != entries_.end())
      if (std::string_view(reinterpret_cast<const char*>(order->second.data()),
                           order->second.size()) != "little")
        fail("numbers that are not little endian");
  }

  PtContents read() {
    if (pickle_[pickle_.root].kind != Kind::kDict)
      fail("a pickle of something else than a dictionary");
    read_value(pickle_.root, "", 0);
    return std::move(contents_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw FormatError(
        fmt::format("{}: {}. Give a checkpoint of the reference, a dictionary of "
                    "tensors that torch.save wrote.",
                    name_, what));
  }

  void read_value(std::uint32_t index, const std::string& path, std::size_t depth) {
    if (depth > kMaxDepth) fail(fmt::format("values nested more than {} deep", kMaxDepth));
    if (++values_ > kMaxValues) fail(fmt::format("more than {} values", kMaxValues));
    const PickleValue& value = pickle_[index];
    auto below = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
    switch (value.kind) {
      case Kind::kDict:
        for (std::size_t i = 0; i < value.items.size(); i += 2)
          read_value(value.items[i + 1], below(key_of(value.items[i])), depth + 1);
        break;
      case Kind::kTuple:
      case Kind::kList:
        for (std::size_t i = 0; i < value.items.size(); ++i)
          read_value(value.items[i], below(std::to_string(i)), depth + 1);
        break;
      case Kind::kCall:
        add(contents_.tensors, path, tensor_of(view_of(value, path)));
        break;
      case Kind::kNone:
        add(contents_.values, path, "None");
        break;
      case Kind::kBool:
        add(contents_.values, path, value.integer != 0 ? "True" : "False");
        break;
      case Kind::kInteger:
        add(contents_.values, path, std::to_string(value.integer));
        break;
      case Kind::kReal:
        add(contents_.values, path, fmt::format("{}", value.real));
        break;
      case Kind::kText:
        add(contents_.values, path, value.text);
        break;
      case Kind::kGlobal:
      case Kind::kPersistent:
        fail(path + " is neither a number, a text nor a tensor");
    }
  }

  std::string key_of(std::uint32_t index) const {
    const PickleValue& key = pickle_[index];
    if (key.kind == Kind::kInteger) return std::to_string(key.integer);
    if (key.kind != Kind::kText || key.text.size() > kMaxKey)
      fail("a dictionary with a key that is no text of at most 200 bytes");
    return key.text;
  }

  template <class Map, class Value>
  void add(Map& map, const std::string& path, Value value) {
    if (!map.emplace(path, std::move(value)).second) fail("the name " + path + " twice");
  }

  // A whole number from 0 on.
  std::size_t size_in(std::uint32_t index, const std::string& tensor) const {
    const PickleValue& value = pickle_[index];
    if (value.kind != Kind::kInteger || value.integer < 0)
      fail("tensor " + tensor + " has a size that is no whole number from 0 on");
    return static_cast<std::size_t>(value.integer);
  }

  Shape sizes_in(std::uint32_t index, const std::string& tensor) const {
    const PickleValue& value = pickle_[index];
    if (value.kind != Kind::kTuple || value.items.size() > kMaxDimensions)
      fail(fmt::format("tensor {} has no shape of at most {} dimensions", tensor, kMaxDimensions));
    Shape sizes;
    for (const std::uint32_t item : value.items) sizes.push_back(size_in(item, tensor));
    return sizes;
  }

  // From the arguments of _rebuild_tensor_v2: storage, offset, shape, strides, needs gradient,
  // hooks.
  View view_of(const PickleValue& call, const std::string& tensor) const {
    const std::vector<std::uint32_t>& arguments = pickle_[call.items[0]].items;
    if (arguments.size() < 4 || pickle_[arguments[0]].kind != Kind::kPersistent)
      fail("tensor " + tensor + " is not described as torch.save does");
    // ("storage", type, key of the entry, device, elements)
    const PickleValue& storage = pickle_[pickle_[arguments[0]].items[0]];
    if (storage.kind != Kind::kTuple || storage.items.size() != 5 ||
        pickle_[storage.items[0]].text != "storage" ||
        pickle_[storage.items[2]].kind != Kind::kText)
      fail("the storage of tensor " + tensor + " is not described as torch.save does");
    const std::string& type = pickle_[storage.items[1]].text;
    const auto known = std::find_if(kStorageTypes.begin(), kStorageTypes.end(),
                                    [&](const auto& t) { return t.first == type; });
    if (known == kStorageTypes.end()) fail("tensor " + tensor + " has no type of storage");
    const auto entry = entries_.find(folder_ + "data/" + pickle_[storage.items[2]].text);
    if (entry == entries_.end()) fail("the bytes of tensor " + tensor + " are not in the file");
    View view{known->second, sizes_in(arguments[2], tensor), sizes_in(arguments[3], tensor),
              size_in(arguments[1], tensor), entry->second};
    const std::size_t elements = view.storage.size() / size_of(view.dtype);
    if (view.storage.size() % size_of(view.dtype) != 0 ||
        elements != size_in(storage.items[4], tensor))
      fail(fmt::format(
          "the storage of tensor {} has {} bytes, which are not its {} elements of type "
          "{}",
          tensor, view.storage.size(), size_in(storage.items[4], tensor), name_of(view.dtype)));
    check_reach(view, elements, tensor);
    return view;
  }

  // The last element lies within the storage; nothing overflows on the way.
  void check_reach(const View& view, std::size_t elements, const std::string& tensor) const {
    if (view.shape.size() != view.strides.size())
      fail(fmt::format("tensor {} has {} sizes and {} strides", tensor, view.shape.size(),
                       view.strides.size()));
    if (view.offset > elements) fail("tensor " + tensor + " begins behind its storage");
    if (std::count(view.shape.begin(), view.shape.end(), 0U) > 0) return;
    std::size_t left = elements - view.offset;
    if (left == 0) fail("tensor " + tensor + " ends behind its storage");
    --left;  // for the first element
    for (std::size_t i = 0; i < view.shape.size(); ++i) {
      const std::size_t steps = view.shape[i] - 1;
      if (view.strides[i] != 0 && steps > left / view.strides[i])
        fail(fmt::format("tensor {} of shape {} ends behind its storage of {} elements", tensor,
                         to_string(view.shape), elements));
      left -= steps * view.strides[i];
    }
  }

  Tensor tensor_of(const View& view) {
    const std::size_t size = size_of(view.dtype);
    // Strides of 0, or many views of one storage, could ask for any amount.
    const std::size_t most = (file_bytes_ - taken_) / size;
    const bool is_empty = std::count(view.shape.begin(), view.shape.end(), 0U) > 0;
    std::size_t count = is_empty ? 0 : 1;
    for (const std::size_t n : view.shape) {
      if (count > 0 && n > most / count)
        fail("tensors that together are larger than the file: parts of it are there twice");
      count *= n;
    }
    taken_ += count * size;
    std::vector<std::byte> bytes(count * size);
    if (is_empty) return {view.dtype, view.shape, std::move(bytes)};
    const bool has_rows = !view.shape.empty() && view.strides.back() == 1;  // nearly always
    const std::size_t row = has_rows ? view.shape.back() : 1;
    std::vector<std::size_t> at(view.shape.size() - (has_rows ? 1 : 0), 0);
    std::size_t from = view.offset;
    for (std::size_t i = 0; i < count; i += row) {
      std::memcpy(&bytes[i * size], &view.storage[from * size], row * size);
      for (std::size_t d = at.size(); d > 0; --d) {  // the next index, last dimension first
        from += view.strides[d - 1];
        if (++at[d - 1] < view.shape[d - 1]) break;
        from -= view.strides[d - 1] * view.shape[d - 1];
        at[d - 1] = 0;
      }
    }
    return {view.dtype, view.shape, std::move(bytes)};
  }

  std::string name_;
  std::size_t file_bytes_, taken_ = 0, values_ = 0;
  std::map<std::string, std::span<const std::byte>> entries_;
  std::string folder_;  // of the entries: "checkpoint_last/"
  Pickle pickle_;
  PtContents contents_;
};

// The tensors whose names begin with `prefix`, without it.
TensorMap below(const TensorMap& tensors, const std::string& prefix) {
  TensorMap found;
  for (const auto& [name, tensor] : tensors)
    if (name.starts_with(prefix)) found.emplace(name.substr(prefix.size()), tensor);
  return found;
}

}  // namespace

PtContents parse_pt(std::span<const std::byte> file, const std::string& name) {
  return Reader(file, name).read();
}

PtContents load_pt(const std::filesystem::path& path) {
  return parse_pt(read_file_bytes(path, "checkpoint"), path.string());
}

TensorMap weights_in(const PtContents& contents, PtWeights which, const std::string& name) {
  const TensorMap trained = below(contents.tensors, "model_state_dict.");
  const bool is_training_checkpoint = !trained.empty();
  TensorMap weights = which == PtWeights::kAveraged
                          ? below(contents.tensors, "ema_state_dict.")
                          : (is_training_checkpoint ? trained : contents.tensors);
  if (weights.empty())
    throw ModelError(name + (which == PtWeights::kAveraged
                                 ? ": no averaged weights. Ask for the trained ones, or give the "
                                   "reference's checkpoint_ema_*.pt."
                                 : ": no weights. Give a checkpoint of the reference."));
  const std::string wrapper = "module.";
  if (std::all_of(weights.begin(), weights.end(),
                  [&](const auto& entry) { return entry.first.starts_with(wrapper); }))
    weights = below(weights, wrapper);
  return weights;
}

}  // namespace byteformer
