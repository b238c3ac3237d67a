#include "report/html_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/html_text.h"

namespace byteformer {
namespace {

// Classes of which the matrix is drawn (more would be unreadable and huge), and pairs listed
// instead.
constexpr std::size_t kMaxConfusion = 60, kMaxMistakes = 50;

struct Curve {
  std::string name, color;
  std::vector<double> values;
};

// Curves over epochs, with axes, three grid lines and a legend.
std::string plot(const std::string& title, const std::vector<Curve>& curves, double low,
                 double high) {
  constexpr double kWidth = 460, kHeight = 240, kLeft = 48, kTop = 28, kRight = 12, kBottom = 28;
  const double w = kWidth - kLeft - kRight, h = kHeight - kTop - kBottom;
  if (!(high > low)) high = low + 1;
  const std::size_t epochs = curves.front().values.size();
  auto x = [&](std::size_t i) {
    return kLeft +
           w * (epochs < 2 ? 0.5 : static_cast<double>(i) / static_cast<double>(epochs - 1));
  };
  auto y = [&](double v) {
    return kTop + h * (1 - std::clamp((v - low) / (high - low), 0.0, 1.0));
  };
  std::string svg = fmt::format(
      "<svg viewBox=\"0 0 {} {}\" width=\"{}\" role=\"img\"><title>{}</title><text x=\"{}\" "
      "y=\"16\" font-size=\"13\" font-weight=\"bold\">{}</text>",
      kWidth, kHeight, kWidth, escaped(title), kLeft, escaped(title));
  for (int i = 0; i <= 4; ++i) {
    const double v = low + (high - low) * i / 4;
    svg += fmt::format(
        "<line x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" stroke=\"#ddd\"/><text "
        "x=\"{3}\" y=\"{4:.1f}\" font-size=\"11\" text-anchor=\"end\" fill=\"#555\">{5:.3g}</text>",
        kLeft, kWidth - kRight, y(v), kLeft - 5, y(v) + 4, v);
  }
  svg += fmt::format(
      "<text x=\"{}\" y=\"{}\" font-size=\"11\" fill=\"#555\">epoch 1</text><text x=\"{}\" "
      "y=\"{}\" font-size=\"11\" text-anchor=\"end\" fill=\"#555\">{}</text>",
      kLeft, kHeight - 8, kWidth - kRight, kHeight - 8, epochs);
  double legend = kWidth - kRight;
  for (auto c = curves.rbegin(); c != curves.rend(); ++c) {
    svg += fmt::format(
        "<text x=\"{:.0f}\" y=\"16\" font-size=\"12\" text-anchor=\"end\" fill=\"{}\">{}</text>",
        legend, c->color, escaped(c->name));
    legend -= 8.0 * static_cast<double>(c->name.size()) + 6;
    std::string points;
    for (std::size_t i = 0; i < epochs; ++i)
      if (std::isfinite(c->values[i]))
        points += fmt::format("{:.1f},{:.1f} ", x(i), y(c->values[i]));
    svg += fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>",
                       points, c->color);
    if (epochs == 1 && !points.empty())
      svg += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\" fill=\"{}\"/>", x(0),
                         y(c->values[0]), c->color);
  }
  return svg + "</svg>\n";
}

std::string curves(const std::vector<EpochRow>& rows) {
  auto column = [&](double EpochRow::*member) {
    std::vector<double> values;
    for (const EpochRow& row : rows) values.push_back(row.*member);
    return values;
  };
  const std::vector<Curve> losses = {{"training", "#1f77b4", column(&EpochRow::train_loss)},
                                     {"validation", "#d62728", column(&EpochRow::val_loss)}};
  std::vector<Curve> accuracies = {{"top-1", "#d62728", column(&EpochRow::val_top1)}};
  const std::vector<double> average = column(&EpochRow::ema_val_top1);
  if (std::any_of(average.begin(), average.end(), [](double v) { return v > 0; }))
    accuracies.push_back({"average of weights", "#2ca02c", average});
  double most = 0;
  for (const Curve& c : losses)
    for (double v : c.values) most = std::isfinite(v) ? std::max(most, v) : most;
  return "<h2>Training</h2>\n" + plot("Loss", losses, 0, most) +
         plot("Validation accuracy", accuracies, 0, 1);
}

std::string per_class(const Metrics& m, const std::vector<std::string>& classes) {
  std::string html =
      "<h2>Classes</h2>\n<table><tr><th>class</th><th>files</th><th>right</th><th>recall</"
      "th><th>precision</th></tr>\n";
  for (std::size_t c = 0; c < m.classes(); ++c) {
    html += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{:.1f} %</td><td>{:.1f} %</td></tr>\n",
        escaped(classes[c]), m.files_of(c), m.count(c, c), 100 * m.recall(c), 100 * m.precision(c));
  }
  return html + "</table>\n";
}

// What stands in for the confusion matrix where that would be too large to look at.
std::string most_frequent_mistakes(const Metrics& m, const std::vector<std::string>& classes) {
  struct Mistake {
    std::size_t truth, answer, files;
  };
  std::vector<Mistake> mistakes;
  for (std::size_t t = 0; t < m.classes(); ++t)
    for (std::size_t p = 0; p < m.classes(); ++p)
      if (t != p && m.count(t, p) > 0) mistakes.push_back({t, p, m.count(t, p)});
  std::stable_sort(mistakes.begin(), mistakes.end(),
                   [](const Mistake& a, const Mistake& b) { return a.files > b.files; });
  if (mistakes.size() > kMaxMistakes) mistakes.resize(kMaxMistakes);
  std::string html = fmt::format(
      "<h2>Most frequent mistakes</h2>\n<p>Up to {} pairs; <code>eval --json</code> has the whole "
      "confusion matrix.</p>\n<table><tr><th>truth</th><th>answer</th><th>files</th><th>of the "
      "class</th></tr>\n",
      kMaxMistakes);
  for (const Mistake& x : mistakes)
    html += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{:.1f} %</td></tr>\n", escaped(classes[x.truth]),
        escaped(classes[x.answer]), x.files,
        100.0 * static_cast<double>(x.files) / static_cast<double>(m.files_of(x.truth)));
  return html + "</table>\n";
}

std::string confusion(const Metrics& m, const std::vector<std::string>& classes) {
  if (m.classes() > kMaxConfusion) return most_frequent_mistakes(m, classes);
  std::string html =
      "<h2>Confusion</h2>\n<p>A row is the truth, a column the answer; shading is the share of the "
      "row.</p>\n<table class=\"confusion\"><tr><th></th>";
  for (const std::string& name : classes) html += "<th class=\"column\">" + escaped(name) + "</th>";
  html += "</tr>\n";
  for (std::size_t t = 0; t < m.classes(); ++t) {
    const std::size_t all = m.files_of(t);
    html += "<tr><th>" + escaped(classes[t]) + "</th>";
    for (std::size_t p = 0; p < m.classes(); ++p) {
      const double share =
          all == 0 ? 0 : static_cast<double>(m.count(t, p)) / static_cast<double>(all);
      html += fmt::format("<td style=\"background:rgba({},{:.2f})\">{}</td>",
                          t == p ? "44,160,44" : "214,39,40",
                          t == p ? share : std::min(1.0, 3 * share), m.count(t, p));
    }
    html += "</tr>\n";
  }
  return html + "</table>\n";
}

std::string reliability(const Metrics& m, const char* title) {
  std::string html = fmt::format(
      "<h2>{}</h2>\n<p>How often the answer is right, by the probability it claims. "
      "Expected calibration error {:.3f}.</p>\n<table><tr><th>probability</th><th>files</th>"
      "<th>mean probability</th><th>right</th></tr>\n",
      title, m.expected_calibration_error());
  const std::vector<Metrics::Bin> bins = m.reliability();
  for (std::size_t i = 0; i < bins.size(); ++i)
    if (bins[i].files > 0)
      html += fmt::format(
          "<tr><td>{:.1f} to {:.1f}</td><td>{}</td><td>{:.3f}</td><td>{:.1f} %</td></tr>\n",
          static_cast<double>(i) / 10, static_cast<double>(i + 1) / 10, bins[i].files,
          bins[i].probability, 100 * bins[i].accuracy);
  return html + "</table>\n";
}

}  // namespace

std::string html_report(const Report& r) {
  std::string html = page_start(r.title, r.command);
  if (r.metrics && r.metrics->files() > 0)
    html += fmt::format("<p><b>{:.2f} %</b> of {} files right (top-5 {:.2f} %), loss {:.4f}.</p>\n",
                        100 * r.metrics->top1(), r.metrics->files(), 100 * r.metrics->top5(),
                        r.metrics->loss());
  html += "<table>\n";
  for (const auto& [name, value] : r.facts)
    html += "<tr><td>" + escaped(name) + "</td><td>" + escaped(value) + "</td></tr>\n";
  html += "</table>\n";
  if (!r.history.empty()) html += curves(r.history);
  if (r.metrics && r.metrics->files() > 0)
    html += per_class(*r.metrics, r.classes) + confusion(*r.metrics, r.classes) +
            reliability(*r.metrics, r.before ? "Reliability after calibration" : "Reliability");
  if (r.before) html += reliability(*r.before, "Reliability before calibration");
  return html + "</body></html>\n";
}

}  // namespace byteformer
