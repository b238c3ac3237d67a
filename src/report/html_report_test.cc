#include "report/html_report.h"

#include <gtest/gtest.h>

namespace byteformer {
namespace {

Report report(std::size_t classes) {
  Report r;
  r.title = "A <b>title</b>";
  r.command = "byteformer eval 'm' --data \"<script>\"";
  r.facts = {{"a & b", "1 < 2"}};
  r.metrics = Metrics(classes);
  for (std::size_t c = 0; c < classes; ++c) {
    r.classes.push_back("class " + std::to_string(c));
    std::vector<float> logits(classes, 0.0F);
    logits[c] = 3;
    r.metrics->add(logits, c);
  }
  r.history.resize(3);
  return r;
}

TEST(HtmlReport, EscapesEveryText) {
  const std::string html = html_report(report(3));
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(html.find("<b>title"), std::string::npos);
  EXPECT_NE(html.find("1 &lt; 2"), std::string::npos);
}

TEST(HtmlReport, IsWholeInOneFile) {
  const std::string html = html_report(report(3));
  for (const char* outside : {"http:", "https:", "src=", "href=", "@import", "url("})
    EXPECT_EQ(html.find(outside), std::string::npos) << outside;
  EXPECT_NE(html.find("<svg"), std::string::npos);
  EXPECT_NE(html.find("</html>"), std::string::npos);
}

TEST(HtmlReport, HasAccuracyClassesAndConfusion) {
  const std::string html = html_report(report(3));
  EXPECT_NE(html.find("100.00 %"), std::string::npos);
  EXPECT_NE(html.find("class 2"), std::string::npos);
  EXPECT_NE(html.find("class=\"confusion\""), std::string::npos);
}

TEST(HtmlReport, ManyClassesGiveTheMostFrequentMistakesInsteadOfAHugeMatrix) {
  Report r = report(1000);
  std::vector<float> logits(1000, 0.0F);
  logits[7] = 3;
  for (int i = 0; i < 5; ++i) r.metrics->add(logits, 9);
  const std::string html = html_report(r);
  EXPECT_LT(html.size(), 400000U);
  EXPECT_EQ(html.find("class=\"confusion\""), std::string::npos);
  EXPECT_NE(html.find("<td>class 9</td><td>class 7</td><td>5</td><td>83.3 %</td>"),
            std::string::npos);
}

TEST(HtmlReport, ShowsReliabilityBeforeCalibrationBesideThatAfterIt) {
  Report r = report(3);
  EXPECT_EQ(html_report(r).find("before calibration"), std::string::npos);
  r.before = r.metrics;
  EXPECT_NE(html_report(r).find("Reliability before calibration"), std::string::npos);
}

TEST(HtmlReport, NeedsNeitherCurvesNorMetrics) {
  Report r;
  r.title = "empty";
  EXPECT_NE(html_report(r).find("empty"), std::string::npos);
}

}  // namespace
}  // namespace byteformer
