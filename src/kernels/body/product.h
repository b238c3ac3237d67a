// C = A B^T, panel by panel of B.

template <class T, End end>
void product_ending(const char* a, unsigned long lda, const char* packed, const float* bias,
                    void* to, unsigned long ldc, unsigned long m, unsigned long n,
                    unsigned long k) {
  [[maybe_unused]] const typename T::Hold hold;
  for (unsigned long panel = 0; panel < n; panel += kPanel, packed += panel_size<T>(k)) {
    Target<T, end> target = {static_cast<Output<T, end>*>(to) + panel, ldc,
                             n - panel < kPanel ? n - panel : kPanel,
                             bias == nullptr ? nullptr : bias + panel, nullptr};
    for (unsigned long r = 0; r < m;) {
      const unsigned long rows = tile_rows<T>(m - r);
      multiply_tile<T, end>(rows, a + r * lda, lda, packed, k, target);
      target.c += rows * ldc;
      r += rows;
    }
  }
}

template <class T>
void product(const void* a, unsigned long lda, const void* packed, const float* bias, void* c,
             unsigned long ldc, unsigned long m, unsigned long n, unsigned long k,
             Epilogue epilogue) noexcept {
  const char *rows = static_cast<const char*>(a), *panels = static_cast<const char*>(packed);
  switch (epilogue) {
    case Epilogue::kStore:
      return product_ending<T, End::kStore>(rows, lda, panels, bias, c, ldc, m, n, k);
    case Epilogue::kAdd:
      return product_ending<T, End::kAdd>(rows, lda, panels, bias, c, ldc, m, n, k);
    case Epilogue::kElements:
      return product_ending<T, End::kElements>(rows, lda, panels, bias, c, ldc, m, n, k);
    case Epilogue::kGelu:
      return product_ending<T, End::kGelu>(rows, lda, panels, bias, c, ldc, m, n, k);
  }
}

// Panels of kPanel columns: [n / kPanel][words][kPanel][kStep], the last one filled with zeros.
template <class T>
void pack(const float* b, unsigned long row_stride, unsigned long column_stride, unsigned long n,
          unsigned long k, void* packed) noexcept {
  auto* to = static_cast<typename T::Element*>(packed);
  for (unsigned long panel = 0; panel < n; panel += kPanel)
    for (unsigned long p = 0; p < panel_words<T>(k) * T::kStep; p += T::kStep)
      for (unsigned long i = panel; i < panel + kPanel; ++i)
        for (unsigned long s = p; s < p + T::kStep; ++s)
          *to++ = T::element(i < n && s < k ? b[i * row_stride + s * column_stride] : 0.0F);
}
