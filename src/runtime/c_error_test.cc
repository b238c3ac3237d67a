#include "runtime/c_error.h"

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>
#include <string>

#include "byteformer/error.h"

namespace byteformer {
namespace {

template <typename Exception>
bf_error error_of(const Exception& exception) {
  bf_error error;
  EXPECT_EQ(guarded(&error, [&] { throw exception; }), error.status);
  return error;
}

TEST(CErrors, EveryExceptionHasItsStatusAndKeepsItsMessage) {
  struct Case {
    bf_error error;
    bf_status status;
    const char* name;
  };
  for (const Case& c : {
           Case{error_of(UsageError("says")), BF_USAGE, "usage"},
           Case{error_of(ConfigError("says")), BF_CONFIG, "config"},
           Case{error_of(FormatError("says")), BF_FORMAT, "format"},
           Case{error_of(ModelError("says")), BF_MODEL, "model"},
           Case{error_of(IoError("says")), BF_IO, "io"},
           Case{error_of(std::runtime_error("says")), BF_INTERNAL, "internal"},
       }) {
    EXPECT_EQ(c.error.status, c.status) << c.name;
    EXPECT_STREQ(c.error.message, "says") << c.name;
    EXPECT_STREQ(bf_status_name(c.status), c.name);
  }
}

TEST(CErrors, EveryKindOfInputErrorHasItsStatusUnderTheNameOfItsRecord) {
  for (const auto& [kind, status] : {
           std::pair{InputErrorKind::kEmpty, BF_INPUT_EMPTY},
           std::pair{InputErrorKind::kTooLong, BF_INPUT_TOO_LONG},
           std::pair{InputErrorKind::kUnreadable, BF_INPUT_UNREADABLE},
           std::pair{InputErrorKind::kVanished, BF_INPUT_VANISHED},
           std::pair{InputErrorKind::kSpecial, BF_INPUT_SPECIAL},
           std::pair{InputErrorKind::kLoop, BF_INPUT_LOOP},
           std::pair{InputErrorKind::kTooLarge, BF_INPUT_TOO_LARGE},
           std::pair{InputErrorKind::kDamaged, BF_INPUT_DAMAGED},
       }) {
    const bf_error error = error_of(InputError(kind, "says"));
    EXPECT_EQ(error.status, status) << name_of(kind);
    EXPECT_STREQ(error.message, "says");
    EXPECT_STREQ(bf_status_name(status), name_of(kind));
  }
}

TEST(CErrors, ExceptionsThatAreNotOursStayInsideAsWell) {
  EXPECT_EQ(error_of(std::bad_alloc()).status, BF_NO_MEMORY);
  EXPECT_NE(std::string(error_of(std::bad_alloc()).message), "");
  EXPECT_EQ(error_of(42).status, BF_INTERNAL);
  EXPECT_NE(std::string(error_of(42).message), "");
  EXPECT_STREQ(bf_status_name(BF_NO_MEMORY), "no_memory");
}

TEST(CErrors, SuccessClearsWhatWasThereBefore) {
  bf_error error = error_of(IoError("says"));
  EXPECT_EQ(guarded(&error, [] {}), BF_OK);
  EXPECT_EQ(error.status, BF_OK);
  EXPECT_STREQ(error.message, "");
  EXPECT_STREQ(bf_status_name(BF_OK), "ok");
}

TEST(CErrors, WhoDoesNotCareGetsTheStatusAlone) {
  EXPECT_EQ(guarded(nullptr, [] { throw IoError("says"); }), BF_IO);
  EXPECT_EQ(guarded(nullptr, [] {}), BF_OK);
}

TEST(CErrors, AMessageThatDoesNotFitLosesItsMiddle) {
  const std::size_t room = sizeof(bf_error::message) - 1;
  const std::string fits(room, 'x');
  EXPECT_EQ(error_of(IoError(fits)).message, fits);
  const std::string message = error_of(IoError("start " + std::string(5000, 'x') + " end")).message;
  EXPECT_EQ(message.size(), room);
  EXPECT_TRUE(message.starts_with("start xx")) << message;
  EXPECT_NE(message.find("x [...] x"), std::string::npos) << message;
  EXPECT_TRUE(message.ends_with("xx end")) << message;
}

TEST(CErrors, ACutMessageHasNoHalfCharacters) {
  for (std::size_t shift = 0; shift < 4; ++shift) {
    std::string text(shift, 'x');
    for (int i = 0; i < 1000; ++i) text += "\u20ac";  // three bytes each
    std::string message = error_of(IoError(text)).message;
    EXPECT_GT(message.size(), sizeof(bf_error::message) - 8);
    for (std::size_t at; (at = message.find("\u20ac")) != std::string::npos;) message.erase(at, 3);
    EXPECT_EQ(message, std::string(shift, 'x') + " [...] ");
  }
}

}  // namespace
}  // namespace byteformer
