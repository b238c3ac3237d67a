#include "cli/exit_status.h"

#include <csignal>
#include <exception>
#include <new>

#include "byteformer/error.h"
#include "cli/say.h"
#include "cli/standard_streams.h"

namespace byteformer {
namespace {

int failed(const char* why, int status) {
  say(why);
  return status;
}

}  // namespace

int run_program(const std::function<int()>& body) {
  fill_closed_streams();
  ::signal(SIGPIPE, SIG_IGN);  // a closed pipe is seen where it is written to
  try {
    return body();
  } catch (const UsageError& error) {
    return failed(error.what(), kExitWrongUsage);
  } catch (const ConfigError& error) {
    return failed(error.what(), kExitWrongUsage);
  } catch (const Error& error) {
    return failed(error.what(), kExitSomeInputsFailed);
  } catch (const std::bad_alloc&) {
    return failed("not enough memory. Use a smaller model or batch, or free some memory.",
                  kExitSomeInputsFailed);
  } catch (const std::exception& error) {
    return failed(error.what(), kExitSomeInputsFailed);
  }
}

}  // namespace byteformer
