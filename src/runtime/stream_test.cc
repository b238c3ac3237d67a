#include "byteformer/stream.h"

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"
#include "tests/tiny_model.h"

namespace byteformer {
namespace {

class StreamTest : public testing::Test {
 protected:
  void SetUp() override {
    save_model(path("learned"), tiny_model());
    ModelDirectory endless = tiny_model();
    endless.config.positions = Positions::kSinusoidal;
    endless.weights = golden::formula_weights(endless.config);
    save_model(path("sinusoidal"), endless);
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  static Prediction in_pieces(const Classifier& classifier, std::span<const std::uint8_t> bytes,
                              std::size_t piece) {
    Stream stream(classifier);
    for (std::size_t at = 0; at < bytes.size(); at += piece)
      stream.push(bytes.subspan(at, std::min(piece, bytes.size() - at)));
    return stream.finish();
  }

  TemporaryFolder folder_;
};

TEST_F(StreamTest, GivesTheSameAnswerAsTheWholeFileForAnyPieces) {
  const Classifier classifier(path("learned"));
  const std::vector<std::uint8_t> bytes = golden::formula_bytes("stream", 100);
  const Prediction whole = classifier.classify(bytes);
  for (const std::size_t piece : {1u, 3u, 7u, 99u, 100u, 1000u}) {
    const Prediction p = in_pieces(classifier, bytes, piece);
    EXPECT_EQ(p.logits, whole.logits) << piece;
    EXPECT_EQ(p.label, whole.label);
    EXPECT_EQ(p.bytes, 100U);
    EXPECT_EQ(p.tokens, whole.tokens);
  }
}

TEST_F(StreamTest, SinusoidalPositionsGoOnBeyondTheTable) {
  const Classifier classifier(path("sinusoidal"));
  EXPECT_EQ(classifier.max_bytes(), SIZE_MAX);
  const std::vector<std::uint8_t> bytes = golden::formula_bytes("stream", 50'001);
  const Prediction whole = classifier.classify(bytes);
  EXPECT_EQ(whole.tokens, 24'999U);
  EXPECT_EQ(in_pieces(classifier, bytes, 777).logits, whole.logits);
  // A model that differs only by a table long enough gives the same bits.
  ModelDirectory longer = tiny_model();
  longer.config.positions = Positions::kSinusoidal;
  longer.config.max_tokens = 25'000;
  longer.weights = golden::formula_weights(longer.config);
  save_model(path("longer"), longer);
  EXPECT_EQ(Classifier(path("longer")).logits(bytes), whole.logits);
}

TEST_F(StreamTest, AnEmptyOneIsRefused) {
  const Classifier classifier(path("learned"));
  Stream stream(classifier);
  stream.push({});
  try {
    stream.finish();
    FAIL() << "no error";
  } catch (const InputError& error) {
    EXPECT_EQ(error.kind(), InputErrorKind::kEmpty);
  }
}

TEST_F(StreamTest, ALongOneIsRefusedAsSoonAsItIsOrCutWhereTheModelEnds) {
  const std::vector<std::uint8_t> bytes = golden::formula_bytes("stream", 200);
  const Classifier strict(path("learned"));
  Stream refused(strict);
  EXPECT_TRUE(refused.push(std::span(bytes).first(103))) << "the next byte would be refused";
  EXPECT_THROW(refused.push(std::span(bytes).subspan(103, 1)), InputError);
  ClassifierOptions options;
  options.long_files = LongFiles::kCut;
  const Classifier cutting(path("learned"), options);
  Stream cut(cutting);
  EXPECT_TRUE(cut.push(std::span(bytes).first(102)));
  EXPECT_FALSE(cut.push(std::span(bytes).subspan(102)));
  EXPECT_EQ(cut.finish().logits, strict.logits(std::span(bytes).first(103)));
}

TEST_F(StreamTest, StreamsOverOneClassifierDoNotDisturbEachOther) {
  const Classifier classifier(path("learned"));
  const std::vector<std::uint8_t> a = golden::formula_bytes("a", 90),
                                  b = golden::formula_bytes("b", 90);
  Stream one(classifier), two(classifier);
  for (std::size_t i = 0; i < 90; ++i) {
    one.push(std::span(a).subspan(i, 1));
    two.push(std::span(b).subspan(i, 1));
  }
  EXPECT_EQ(one.finish().logits, classifier.logits(a));
  EXPECT_EQ(two.finish().logits, classifier.logits(b));
}

}  // namespace
}  // namespace byteformer
