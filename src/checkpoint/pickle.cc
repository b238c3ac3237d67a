#include "checkpoint/pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>
#include <unordered_map>

#include "byteformer/error.h"
#include "checkpoint/little_endian.h"

namespace byteformer {
namespace {

using Kind = PickleValue::Kind;

// A training checkpoint of 32 layers has about 0.3 MB.
constexpr std::size_t kMaxPickle = 2 << 20;

constexpr std::string_view kOrderedDict = "collections.OrderedDict",
                           kRebuildTensor = "torch._utils._rebuild_tensor_v2";
constexpr std::array<std::string_view, 12> kGlobals = {
    kOrderedDict,         kRebuildTensor,          "torch.FloatStorage", "torch.DoubleStorage",
    "torch.HalfStorage",  "torch.BFloat16Storage", "torch.LongStorage",  "torch.IntStorage",
    "torch.ShortStorage", "torch.CharStorage",     "torch.ByteStorage",  "torch.BoolStorage"};

class Machine {
 public:
  Machine(std::span<const std::byte> bytes, const std::string& name) : bytes_(bytes), name_(name) {
    if (bytes.size() > kMaxPickle)
      fail(fmt::format("a pickle of {} bytes, but at most {} are read", bytes.size(), kMaxPickle));
  }

  Pickle run() {
    while (step()) {
    }
    if (at_ != bytes_.size()) fail("bytes behind the end of the pickle");
    return std::move(pickle_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw FormatError(
        fmt::format("{}: {} (at byte {} of the pickle). Only dictionaries of tensors that "
                    "torch.save wrote are read, and nothing is executed: save the state dict with "
                    "PyTorch again, or convert it to safetensors there.",
                    name_, what, op_at_),
        op_at_);
  }

  // --- bytes ---
  std::span<const std::byte> take(std::size_t count) {
    if (bytes_.size() - at_ < count) fail("the pickle ends in the middle of an opcode");
    at_ += count;
    return bytes_.subspan(at_ - count, count);
  }
  template <class T>
  T number() {
    return read_little_endian<T>(take(sizeof(T)), 0);
  }
  std::string text(std::size_t count) {
    const std::span<const std::byte> taken = take(count);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }
  std::string line() {
    std::string read;
    for (char c = 0; (c = static_cast<char>(take(1)[0])) != '\n';) read += c;
    return read;
  }

  // --- values and stack ---
  std::uint32_t make(PickleValue value) {
    pickle_.values.push_back(std::move(value));
    return static_cast<std::uint32_t>(pickle_.values.size() - 1);
  }
  void push(PickleValue value) { stack_.push_back(make(std::move(value))); }
  void push_integer(std::int64_t value) { push({Kind::kInteger, value, 0, {}, {}}); }

  // The values above the last mark stay where they are: below it nothing may be taken.
  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  std::uint32_t pop() {
    if (stack_.size() <= floor()) fail("an opcode that takes more values than there are");
    const std::uint32_t top = stack_.back();
    stack_.pop_back();
    return top;
  }
  PickleValue& top(Kind kind, const char* what) {
    if (stack_.size() <= floor() || pickle_.values[stack_.back()].kind != kind)
      fail(fmt::format("an opcode that needs {}", what));
    return pickle_.values[stack_.back()];
  }
  std::vector<std::uint32_t> pop_to_mark() {
    if (marks_.empty()) fail("an opcode that needs a mark");
    const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<std::uint32_t> items(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    marks_.pop_back();
    return items;
  }
  void push_tuple(std::size_t count) {
    std::vector<std::uint32_t> items(count);
    for (std::size_t i = count; i > 0; --i) items[i - 1] = pop();
    push({Kind::kTuple, 0, 0, {}, std::move(items)});
  }
  void append(Kind kind, const char* what, const std::vector<std::uint32_t>& items) {
    if (kind == Kind::kDict && items.size() % 2 != 0) fail("a dictionary with a key and no value");
    std::vector<std::uint32_t>& all = top(kind, what).items;
    all.insert(all.end(), items.begin(), items.end());
  }

  // --- what calls functions in Python ---
  void global() {
    const std::string module = line(), function = line(), full = module + "." + function;
    if (std::find(kGlobals.begin(), kGlobals.end(), full) == kGlobals.end())
      fail(fmt::format("the name {}, which is not allowed", full.substr(0, 100)));
    push({Kind::kGlobal, 0, 0, full, {}});
  }
  void reduce() {
    const std::uint32_t arguments = pop(), function = pop();
    if (pickle_[function].kind != Kind::kGlobal || pickle_[arguments].kind != Kind::kTuple)
      fail("a call of what is no function");
    const std::string called = pickle_[function].text;
    if (called == kOrderedDict && pickle_[arguments].items.empty())
      push({Kind::kDict, 0, 0, {}, {}});
    else if (called == kRebuildTensor)
      push({Kind::kCall, 0, 0, called, {arguments}});
    else
      fail("a call of " + called + ", which is not allowed");
  }
  // The attributes of an OrderedDict (`_metadata`, versions of modules) mean nothing here.
  void build() {
    pop();
    top(Kind::kDict, "a dictionary to give attributes to");
  }

  // 0 to 255 bytes, least significant first, in two's complement.
  void long_integer() {
    const std::span<const std::byte> digits = take(number<std::uint8_t>());
    if (digits.size() > 8) fail("a whole number of more than 8 bytes");
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < digits.size(); ++i)
      value |= static_cast<std::uint64_t>(digits[i]) << 8 * i;
    if (!digits.empty() && digits.size() < 8 && (digits.back() & std::byte{0x80}) != std::byte{0})
      value |= ~std::uint64_t{0} << 8 * digits.size();
    push_integer(static_cast<std::int64_t>(value));
  }
  void real() {  // the only number with its most significant byte first
    std::uint64_t bits = 0;
    for (const std::byte b : take(8)) bits = bits << 8 | static_cast<std::uint64_t>(b);
    push({Kind::kReal, 0, std::bit_cast<double>(bits), {}, {}});
  }

  void put(std::uint32_t index) {
    const std::uint32_t value = pop();
    stack_.push_back(value);
    memo_[index] = value;
  }
  void get(std::uint32_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) fail(fmt::format("value {} of the memo, which is not there", index));
    stack_.push_back(found->second);
  }

  // Executes one opcode; false after the last one.
  bool step() {
    op_at_ = at_;
    const auto opcode = number<std::uint8_t>();
    switch (opcode) {
      case 0x80:  // PROTO
        if (const int protocol = number<std::uint8_t>(); protocol != 2)
          fail(fmt::format("protocol {}, but torch.save writes 2", protocol));
        break;
      case '}':
        push({Kind::kDict, 0, 0, {}, {}});
        break;
      case ']':
        push({Kind::kList, 0, 0, {}, {}});
        break;
      case ')':
        push_tuple(0);
        break;
      case 0x85:
        push_tuple(1);
        break;
      case 0x86:
        push_tuple(2);
        break;
      case 0x87:
        push_tuple(3);
        break;
      case '(':
        marks_.push_back(stack_.size());
        break;
      case 't':
        push({Kind::kTuple, 0, 0, {}, pop_to_mark()});
        break;
      case 'a':
        append_popped(Kind::kList, 1);
        break;
      case 'e':
        append(Kind::kList, "a list", pop_to_mark());
        break;
      case 's':
        append_popped(Kind::kDict, 2);
        break;
      case 'u':
        append(Kind::kDict, "a dictionary", pop_to_mark());
        break;
      case 'N':
        push({});
        break;
      case 0x88:
      case 0x89:
        push({Kind::kBool, opcode == 0x88, 0, {}, {}});
        break;
      case 'K':
        push_integer(number<std::uint8_t>());
        break;
      case 'M':
        push_integer(number<std::uint16_t>());
        break;
      case 'J':
        push_integer(number<std::int32_t>());
        break;
      case 0x8A:
        long_integer();
        break;
      case 'G':
        real();
        break;
      case 'X':
        push({Kind::kText, 0, 0, text(number<std::uint32_t>()), {}});
        break;
      case 'q':
        put(number<std::uint8_t>());
        break;
      case 'r':
        put(number<std::uint32_t>());
        break;
      case 'h':
        get(number<std::uint8_t>());
        break;
      case 'j':
        get(number<std::uint32_t>());
        break;
      case 'c':
        global();
        break;
      case 'Q':
        push({Kind::kPersistent, 0, 0, {}, {pop()}});
        break;
      case 'R':
        reduce();
        break;
      case 'b':
        build();
        break;
      case '.':
        pickle_.root = pop();
        if (!stack_.empty() || !marks_.empty()) fail("values left over at the end of the pickle");
        return false;
      default:
        fail(fmt::format("the opcode 0x{:02x}{}, which is not allowed", opcode,
                         opcode > ' ' && opcode < 0x7F
                             ? fmt::format(" ('{}')", static_cast<char>(opcode))
                             : ""));
    }
    return true;
  }

  void append_popped(Kind kind, std::size_t count) {
    std::vector<std::uint32_t> items(count);
    for (std::size_t i = count; i > 0; --i) items[i - 1] = pop();
    append(kind, kind == Kind::kList ? "a list" : "a dictionary", items);
  }

  std::span<const std::byte> bytes_;
  std::string name_;
  std::size_t at_ = 0, op_at_ = 0;
  Pickle pickle_;
  std::vector<std::uint32_t> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint32_t, std::uint32_t> memo_;
};

}  // namespace

Pickle read_pickle(std::span<const std::byte> bytes, const std::string& name) {
  return Machine(bytes, name).run();
}

}  // namespace byteformer
