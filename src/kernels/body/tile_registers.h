// BF16 and int8 products in the tile registers of AMX: a register holds 16 rows of 64 bytes, one
// instruction multiplies 16 rows of A with 16 columns of B over 16 words and adds the products to
// 16 x 16 sums. Four registers are sums (32 x 32, a panel's width), two are A, two are B. Panels
// look as they do for vectors: a word's row of a panel is two registers' rows.

constexpr unsigned long kRegisterRows = 16, kRegisterBytes = 64;
constexpr unsigned long kRegisterWords = kRegisterBytes / kWord;

struct alignas(64) TileShapes {
  unsigned char palette, start_row, reserved[14];
  unsigned short bytes[16];
  unsigned char rows[16];
};
constexpr TileShapes kShapes = {
    1, 0, {}, {64, 64, 64, 64, 64, 64, 64, 64}, {16, 16, 16, 16, 16, 16, 16, 16}};

// Between products the registers are given back: a thread that holds them costs more to switch.
struct TileHold {
  TileHold() { _tile_loadconfig(&kShapes); }
  ~TileHold() { _tile_release(); }
  TileHold(const TileHold&) = delete;
};

template <class Operand>
struct InTiles : Operand {
  using Hold = TileHold;
  static constexpr unsigned long kBlock = kRegisterWords, kRows = 2 * kRegisterRows;
};

struct TileBfloat16 : InTiles<Bfloat16> {
  static void begin(const char*) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  static void multiply_add() {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
};

struct TileInt8 : InTiles<Int8> {
  static void begin(const char* tail) {  // the first sums, the same for every row
    _tile_loadd(0, tail, 0);
    _tile_loadd(1, tail + kRegisterBytes, 0);
    _tile_loadd(2, tail, 0);
    _tile_loadd(3, tail + kRegisterBytes, 0);
  }
  static void multiply_add() {
    _tile_dpbusd(0, 4, 6);
    _tile_dpbusd(1, 4, 7);
    _tile_dpbusd(2, 5, 6);
    _tile_dpbusd(3, 5, 7);
  }
};

template <class T>
concept InTileRegisters = !InVectors<T>;

template <InTileRegisters T>
inline unsigned long tile_rows(unsigned long left) {
  return left < T::kRows ? left : T::kRows;
}

// One block of words of 32 rows of A (lda bytes apart) and of the panel.
template <class T>
inline void multiply_block(const char* a, unsigned long lda, const char* panel) {
  _tile_loadd(6, panel, kPanel * kWord);
  _tile_loadd(7, panel + kRegisterBytes, kPanel * kWord);
  _tile_loadd(4, a, lda);
  _tile_loadd(5, a + kRegisterRows * lda, lda);
  T::multiply_add();
}

// Rows and words that do not fill the registers pass through a block that zeros fill up.
template <InTileRegisters T, End end>
inline void multiply_tile(unsigned long rows, const char* a, unsigned long lda, const char* panel,
                          unsigned long k, const Target<T, end>& target) {
  static_assert(kVectors == 2 && kLanes == kRegisterRows);
  const unsigned long words = words_of<T>(k);
  const unsigned long whole = rows == T::kRows ? words / T::kBlock * T::kBlock : 0;
  const char* tail = panel + panel_words<T>(k) * kPanel * kWord;
  alignas(kRegisterBytes) typename T::Sum sums[T::kRows][kVectors];
  asm volatile("" : : : "memory");  // g++ does not know that a load of tiles reads memory
  T::begin(tail);
  for (unsigned long p = 0; p < whole; p += T::kBlock)
    multiply_block<T>(a + p * kWord, lda, panel + p * kPanel * kWord);
  for (unsigned long p = whole; p < words; p += T::kBlock) {
    alignas(kRegisterBytes) char block[T::kRows][kRegisterBytes] = {};
    const unsigned long bytes = (words - p < T::kBlock ? words - p : T::kBlock) * kWord;
    for (unsigned long r = 0; r < rows; ++r)
      __builtin_memcpy(block[r], a + r * lda + p * kWord, bytes);
    asm volatile("" : : "r"(block) : "memory");
    multiply_block<T>(block[0], kRegisterBytes, panel + p * kPanel * kWord);
  }
  _tile_stored(0, &sums[0][0], sizeof sums[0]);
  _tile_stored(1, &sums[0][1], sizeof sums[0]);
  _tile_stored(2, &sums[kRegisterRows][0], sizeof sums[0]);
  _tile_stored(3, &sums[kRegisterRows][1], sizeof sums[0]);
  target.put_all(rows, [&](unsigned long r, unsigned long v) {
    return T::value(sums[r][v], tail, v, a + r * lda + words * kWord);
  });
}

template <InTileRegisters T>
unsigned long multiply_adds(unsigned long rounds) noexcept {
  const TileHold hold;
  for (unsigned long i = 0; i < rounds; ++i) T::multiply_add();
  return rounds * T::kRows * kPanel * kRegisterWords * T::kStep;
}
