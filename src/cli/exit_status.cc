#include "cli/exit_status.h"

#include <cstdio>
#include <exception>
#include <new>

#include "byteformer/error.h"

namespace byteformer {
namespace {

int say(const char* text, int status) {
  std::fprintf(stderr, "byteformer: %s\n", text);
  return status;
}

}  // namespace

int run_program(const std::function<int()>& body) {
  try {
    return body();
  } catch (const UsageError& error) {
    return say(error.what(), kExitWrongUsage);
  } catch (const ConfigError& error) {
    return say(error.what(), kExitWrongUsage);
  } catch (const Error& error) {
    return say(error.what(), kExitSomeInputsFailed);
  } catch (const std::bad_alloc&) {
    return say("not enough memory. Use a smaller model or batch, or free some memory.",
               kExitSomeInputsFailed);
  } catch (const std::exception& error) {
    return say(error.what(), kExitSomeInputsFailed);
  }
}

}  // namespace byteformer
