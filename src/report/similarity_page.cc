#include "report/similarity_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/html_text.h"

namespace byteformer {
namespace {

// Similarities are drawn in so many steps from -1 to 1, the middle one for those near 0: from blue
// over white to red.
constexpr int kSteps = 33, kMiddle = kSteps / 2;

int step_of(float similarity) {
  const float x = std::clamp(similarity, -1.0F, 1.0F);
  return kMiddle + static_cast<int>(std::lround(x * kMiddle));
}

std::string colour_of(int step) {
  constexpr std::array<int, 3> kWhite = {255, 255, 255}, kBlue = {33, 102, 172},
                               kRed = {178, 24, 43};
  const std::array<int, 3>& full = step < kMiddle ? kBlue : kRed;
  const int share = std::abs(step - kMiddle);
  std::array<int, 3> mixed{};
  for (std::size_t c = 0; c < 3; ++c)
    mixed[c] = kWhite[c] + (full[c] - kWhite[c]) * share / kMiddle;
  return fmt::format("#{:02x}{:02x}{:02x}", mixed[0], mixed[1], mixed[2]);
}

// Cells of one step are one path of horizontal strokes, a run of equal cells one stroke: a picture
// of 256 rows stays under a megabyte.
std::string cells(const SimilarityPicture& picture) {
  const std::size_t n = picture.labels.size();
  std::array<std::string, kSteps> paths;
  for (std::size_t y = 0; y < n; ++y)
    for (std::size_t x = 0; x < n;) {
      const int step = step_of(picture.similarity[y * n + x]);
      std::size_t end = x + 1;
      while (end < n && step_of(picture.similarity[y * n + end]) == step) ++end;
      if (step != kMiddle)
        paths.at(static_cast<std::size_t>(step)) += fmt::format("M{} {}h{}", x, y, end - x);
      x = end;
    }
  std::string svg = fmt::format("<rect width=\"{0}\" height=\"{0}\" fill=\"#fff\"/>", n);
  for (int step = 0; step < kSteps; ++step)
    if (const std::string& path = paths.at(static_cast<std::size_t>(step)); !path.empty())
      svg += fmt::format("<path stroke=\"{}\" transform=\"translate(0 .5)\" d=\"{}\"/>\n",
                         colour_of(step), path);
  return svg;
}

// Five labels at each axis.
std::string axes(const SimilarityPicture& picture, double side) {
  const std::size_t n = picture.labels.size();
  std::string svg;
  for (int i = 0; i <= 4; ++i) {
    const std::size_t row = (n - 1) * static_cast<std::size_t>(i) / 4;
    const double at = side * (static_cast<double>(row) + 0.5) / static_cast<double>(n);
    svg += fmt::format(
        "<text x=\"-6\" y=\"{:.1f}\" font-size=\"11\" text-anchor=\"end\" fill=\"#555\">{}</text>"
        "<text x=\"{:.1f}\" y=\"{:.0f}\" font-size=\"11\" text-anchor=\"middle\" "
        "fill=\"#555\">{}</text>",
        at + 4, picture.labels[row], at, side + 15, picture.labels[row]);
  }
  return svg;
}

// What the colours mean.
std::string legend(double side) {
  std::string svg;
  const double height = side / kSteps;
  for (int step = 0; step < kSteps; ++step)
    svg +=
        fmt::format("<rect x=\"{:.0f}\" y=\"{:.2f}\" width=\"14\" height=\"{:.2f}\" fill=\"{}\"/>",
                    side + 16, height * (kSteps - 1 - step), height + 0.3, colour_of(step));
  for (const auto& [text, y] : {std::pair{"1", 10.0}, {"0", side / 2 + 4}, {"\u22121", side}})
    svg += fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\" font-size=\"11\" fill=\"#555\">{}</text>",
                       side + 34, y, text);
  return svg;
}

std::string drawing(const SimilarityPicture& picture) {
  constexpr double kSide = 512;
  const std::size_t n = picture.labels.size();
  return fmt::format(
      "<h2>{}</h2>\n<p>{}</p>\n<svg viewBox=\"-48 -6 {:.0f} {:.0f}\" width=\"{:.0f}\" "
      "role=\"img\"><title>{}</title>\n<g transform=\"scale({})\" "
      "shape-rendering=\"crispEdges\">\n{}</g>\n{}{}</svg>\n",
      escaped(picture.title), escaped(picture.note), kSide + 110, kSide + 30, kSide + 110,
      escaped(picture.title), kSide / static_cast<double>(n), cells(picture), axes(picture, kSide),
      legend(kSide));
}

}  // namespace

std::vector<float> cosine_similarity(std::span<const float> values, std::size_t rows) {
  const std::size_t d = rows == 0 ? 0 : values.size() / rows;
  const auto dot = [&](std::size_t a, std::size_t b) {
    double sum = 0;
    for (std::size_t i = 0; i < d; ++i)
      sum += static_cast<double>(values[a * d + i]) * static_cast<double>(values[b * d + i]);
    return sum;
  };
  std::vector<double> length(rows);
  for (std::size_t a = 0; a < rows; ++a) length[a] = std::sqrt(dot(a, a));
  std::vector<float> similarity(rows * rows);
  for (std::size_t a = 0; a < rows; ++a)
    for (std::size_t b = 0; b <= a; ++b) {
      const double lengths = length[a] * length[b];
      similarity[a * rows + b] = similarity[b * rows + a] =
          lengths > 0 ? static_cast<float>(dot(a, b) / lengths) : 0;
    }
  return similarity;
}

std::string similarity_page(const std::string& title, const std::string& command,
                            const std::vector<SimilarityPicture>& pictures) {
  std::string html = page_start(title, command);
  html +=
      "<p>Each cell is the cosine of the angle between two rows of a table of the model: red where "
      "they point the same way, white where they have nothing to do with each other, blue where "
      "they are opposed.</p>\n";
  for (const SimilarityPicture& picture : pictures) html += drawing(picture);
  return html + "</body></html>\n";
}

}  // namespace byteformer
