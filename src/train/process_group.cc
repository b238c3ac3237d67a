#include "train/process_group.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>

#include "byteformer/error.h"
#include "train/cuda.h"
#include "train/heartbeat.h"

namespace byteformer {
namespace {

constexpr std::chrono::minutes kMeeting{5};
constexpr std::chrono::hours kLongestStep{24};  // the heartbeat, not this, finds what is lost

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

// The address from which this machine speaks to rank 0: nothing is sent to find it. Better than the
// host's name, which often resolves to 127.0.1.1.
std::string own_address(const Membership& m) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_DGRAM;
  if (const int error =
          ::getaddrinfo(m.address.c_str(), std::to_string(m.port).c_str(), &hints, &found);
      error != 0)
    throw UsageError(
        fmt::format("MASTER_ADDR is \"{}\", which has no address here: {}. Give the "
                    "name or the address of the machine of process 0.",
                    m.address, ::gai_strerror(error)));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  const int s = ::socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  std::array<char, NI_MAXHOST> text{};
  const bool known = s >= 0 && ::connect(s, found->ai_addr, found->ai_addrlen) == 0 &&
                     ::getsockname(s, reinterpret_cast<sockaddr*>(&own), &size) == 0 &&
                     ::getnameinfo(reinterpret_cast<sockaddr*>(&own), size, text.data(),
                                   text.size(), nullptr, 0, NI_NUMERICHOST) == 0;
  if (s >= 0) ::close(s);
  if (!known)
    throw IoError(
        fmt::format("no way to MASTER_ADDR \"{}\" from here. Check the network.", m.address));
  return text.data();
}

std::string reason_of(const std::exception& error) {
  const auto* of_torch = dynamic_cast<const c10::Error*>(&error);
  return of_torch == nullptr ? error.what() : of_torch->what_without_backtrace();
}

}  // namespace

struct ProcessGroup::Engine {
  c10::intrusive_ptr<c10d::Store> store;
  c10::intrusive_ptr<c10d::Store> connection;  // the heartbeat's own
  std::vector<std::string> names;
  c10::intrusive_ptr<c10d::ProcessGroup> group;
  std::unique_ptr<Heartbeat> heartbeat;

  void meet(const Membership& m, at::Device device) {
    c10d::TCPStoreOptions options;
    options.port = m.port;
    options.isServer = m.rank == 0;
    options.numWorkers = m.size;
    options.timeout = kMeeting;
    store = c10::make_intrusive<c10d::TCPStore>(m.address, options);
    connection = store->clone();
    store->set(fmt::format("byteformer/host/{}", m.rank), host_name());
    for (std::size_t r = 0; r < m.size; ++r)
      names.push_back(fmt::format("process {} of {} (on {})", r, m.size,
                                  store->get_to_str(fmt::format("byteformer/host/{}", r))));
    auto gloo_options = c10d::ProcessGroupGloo::Options::create(kLongestStep);
    const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
    gloo_options->devices.push_back(
        interface != nullptr ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
                             : c10d::ProcessGroupGloo::createDeviceForHostname(own_address(m)));
    const int rank = static_cast<int>(m.rank), size = static_cast<int>(m.size);
    group = c10::make_intrusive<c10d::ProcessGroup>(store, rank, size);
    group->setBackend(c10::DeviceType::CPU, c10d::ProcessGroup::BackendType::GLOO,
                      c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, size, gloo_options));
    group->setDefaultBackend(c10d::ProcessGroup::BackendType::GLOO);
    if (device.is_cuda())
      group->setBackend(c10::DeviceType::CUDA, c10d::ProcessGroup::BackendType::NCCL,
                        nccl(store, rank, size, kLongestStep));
  }

  // A connection that breaks says an address at most; the heartbeat finds out whose it was.
  template <class Work>
  void finish(Work work) {
    try {
      work()->wait();
    } catch (const std::exception&) {
      wait_for_word();
    }
  }
  [[noreturn]] static void wait_for_word() {
    std::this_thread::sleep_for(2 * Heartbeat::kSilence);
    throw Error(
        "another process of the training is lost, and which one is not known. The training "
        "goes on from checkpoint-last with --resume.");
  }
};

ProcessGroup::ProcessGroup(const Membership& membership, at::Device device,
                           std::function<void(const std::string&)> lost)
    : membership_(membership) {
  if (membership.size == 1) return;
  engine_ = std::make_unique<Engine>();
  try {
    engine_->meet(membership, device);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(fmt::format(
        "process {} of {}: the processes did not meet at {}:{} (MASTER_ADDR:MASTER_PORT): {}. "
        "Check that all were started, with numbers from 0 to {}, that the port is free on the "
        "machine of process 0, and that every machine reaches it.",
        membership.rank, membership.size, membership.address, membership.port, reason_of(error),
        membership.size - 1));
  }
  engine_->heartbeat = std::make_unique<Heartbeat>(*engine_->connection, membership, engine_->names,
                                                   std::move(lost));
}

ProcessGroup::~ProcessGroup() {
  if (!engine_) return;
  try {
    // The store ends with rank 0, and without it the others would take rank 0 as lost.
    engine_->heartbeat.reset();
    engine_->store->add("byteformer/done", 1);
    while (is_first() &&
           engine_->store->add("byteformer/done", 0) < static_cast<std::int64_t>(membership_.size))
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
  } catch (const std::exception&) {
    // All work is done: that another one ended first does no harm.
  }
}

std::string ProcessGroup::name() const {
  return engine_ ? engine_->names[membership_.rank] : "the only process";
}

void ProcessGroup::sum(std::span<double> values) {
  if (!engine_) return;
  std::vector<at::Tensor> tensors = {
      at::from_blob(values.data(), {static_cast<std::int64_t>(values.size())}, at::kDouble)};
  engine_->finish([&] { return engine_->group->allreduce(tensors); });
}

bool ProcessGroup::any(bool value) {
  double count = value ? 1 : 0;
  sum({&count, 1});
  return count > 0;
}

void ProcessGroup::copy_from_first(at::Tensor tensor) {
  if (!engine_) return;
  std::vector<at::Tensor> tensors = {std::move(tensor)};
  engine_->finish([&] { return engine_->group->broadcast(tensors); });
}

std::string ProcessGroup::text_of_first(const std::string& text) {
  if (!engine_) return text;
  at::Tensor size = at::full({1}, static_cast<double>(text.size()), at::kDouble);
  copy_from_first(size);
  std::string result = is_first() ? text : std::string();
  result.resize(static_cast<std::size_t>(size.item<double>()));
  if (!result.empty())
    copy_from_first(
        at::from_blob(result.data(), {static_cast<std::int64_t>(result.size())}, at::kByte));
  return result;
}

void ProcessGroup::fail(const std::string& why) noexcept {
  if (!engine_) return;
  try {
    engine_->heartbeat->tell_failure(*engine_->store, name() + " failed: " + why);
    // Rank 0 has the store, and the others are to read it there.
    if (is_first()) std::this_thread::sleep_for(3 * Heartbeat::kBetweenBeats);
  } catch (const std::exception&) {
    // Then their heartbeats find out.
  }
  // What the engine still waits for will not come.
  (void)engine_.release();
}

void ProcessGroup::wait_for_word() { Engine::wait_for_word(); }

struct ProcessGroup::GradientMean::State {
  ProcessGroup& group;
  std::unique_ptr<c10d::Reducer> reducer;
};

ProcessGroup::GradientMean::GradientMean(ProcessGroup& group, std::vector<at::Tensor> parameters)
    : state_(std::make_unique<State>(group)) {
  // As DistributedDataParallel does: gradients are sent in pieces, the last layers' first.
  const std::vector<std::size_t> sizes = {c10d::kDefaultFirstBucketBytes,
                                          c10d::kDefaultBucketBytesCap};
  std::vector<std::vector<std::size_t>> buckets =
      std::get<0>(c10d::compute_bucket_assignment_by_size(parameters, sizes));
  std::reverse(buckets.begin(), buckets.end());
  const std::size_t count = parameters.size();
  state_->reducer = std::make_unique<c10d::Reducer>(
      std::move(parameters), std::move(buckets), group.engine_->group,
      std::vector<bool>(count, false), c10d::kDefaultBucketBytesCap,
      /*find_unused_parameters=*/false, /*gradient_as_bucket_view=*/false,
      std::unordered_map<std::size_t, std::string>(), c10d::kDefaultFirstBucketBytes,
      /*skip_all_reduce_unused_params=*/false, /*use_python_reducer=*/false,
      std::vector<std::int64_t>());
}

ProcessGroup::GradientMean::~GradientMean() = default;

void ProcessGroup::GradientMean::backward(const at::Tensor& loss) {
  try {
    state_->reducer->rebuild_buckets();  // once, by the order in which gradients came
    state_->reducer->prepare_for_backward({loss});
    loss.backward();
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception&) {
    state_->group.wait_for_word();
  }
}

}  // namespace byteformer
