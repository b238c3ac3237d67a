#include "report/similarity_page.h"

#include <gtest/gtest.h>

namespace byteformer {
namespace {

TEST(CosineSimilarity, IsOfDirectionsAlone) {
  // [4, 2]: two alike, one across, one of zeros.
  const std::vector<float> values = {1, 0, 5, 0, 0, -2, 0, 0};
  const std::vector<float> s = cosine_similarity(values, 4);
  EXPECT_EQ(s[1], 1);
  EXPECT_EQ(s[4], 1);
  EXPECT_EQ(s[2], 0);
  EXPECT_EQ(s[15], 0) << "a row of zeros has no direction";
}

TEST(SimilarityPage, DrawsARunOfEqualCellsAsOneStroke) {
  const std::string html =
      similarity_page("A <b>title</b>", "byteformer", {{"bytes", "", {1, 1, 0, -1}, {0, 255}}});
  EXPECT_NE(html.find("M0 0h2\""), std::string::npos) << html;
  EXPECT_NE(html.find("M1 1h1\""), std::string::npos) << html;
  EXPECT_EQ(html.find("M0 1"), std::string::npos) << "what is near 0 is the white ground";
  EXPECT_NE(html.find(">255</text>"), std::string::npos) << html;
  EXPECT_EQ(html.find("<b>title"), std::string::npos);
  EXPECT_EQ(html.find("http"), std::string::npos) << "nothing is loaded from elsewhere";
}

TEST(SimilarityPage, StaysSmallForTheByteValues) {
  std::vector<float> values(256 * 64);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>((i * 2654435761U) % 1000) - 500;
  std::vector<std::size_t> labels(256);
  const std::string html =
      similarity_page("", "", {{"", "", cosine_similarity(values, 256), labels}});
  EXPECT_LT(html.size(), 1'000'000U);
}

}  // namespace
}  // namespace byteformer
