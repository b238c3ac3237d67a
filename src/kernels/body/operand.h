// What a product reads, as a type for each precision: words of 4 bytes hold kStep operands, one
// word of a row of A is multiplied with a vector of words of B. Here float32; the others are in
// files of their own, for sets whose processors have them.
//
//   Sum first(tail, v)                  where the sums of a tile's vector v begin
//   Sum mac(sum, a, b)                  sum + a * b over the kStep operands of a word
//   Vec value(sum, tail, v, row_tail)   the sums as float32
//   Element element(x)                  a float, rounded
// A panel of B ends with kTail bytes, a row of A may end with its scale. A tile has kRows rows; K
// of a panel is a multiple of kBlock words; Hold is an object that lives as long as tiles are made.

constexpr unsigned long kVectors = BF_COLUMNS;       // of a tile's row
constexpr unsigned long kPanel = kVectors * kLanes;  // columns of a tile
constexpr unsigned long kWord = 4;                   // bytes

struct Nothing {};

template <class T>
concept InVectors = T::kBlock == 1;

// Integers and floats of one set's width, and the bytes of either.
inline IntVec load_words(const char* p) {
  IntVec v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
inline int load_word(const char* p) {
  int word;
  __builtin_memcpy(&word, p, sizeof word);
  return word;
}

struct Float32 {
  using Element = float;
  using Sum = Vec;
  using Hold = Nothing;
  static constexpr unsigned long kStep = 1, kTail = 0, kBlock = 1;
  static constexpr unsigned long kRows = BF_ROWS;  // kRows x kVectors sums fill the registers
  static constexpr bool kIsExact = true;           // functions to the last bits of float32

  static Element element(float x) { return x; }
  static Sum first(const char*, unsigned long) { return Vec{}; }
  static Sum mac(Sum sum, int a, IntVec b) {
    float word;
    __builtin_memcpy(&word, &a, sizeof word);
    return sum + word * as_floats(b);
  }
  static Vec value(Sum sum, const char*, unsigned long, const char*) { return sum; }
  // Words of a vector of elements at `from`, each beside the one below it (where kStep is 2; null:
  // zeros).
  static IntVec interleaved(const char* from, const char*) { return load_words(from); }
};

inline void store_elements(float* p, Vec v) { store(p, v); }
inline void store_some_elements(float* p, Vec v, unsigned long count) { store_some(p, v, count); }
