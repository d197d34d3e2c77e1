#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <thread>
#include <utility>

#include "cplae/core/error.hpp"
#include "dist/handle.hpp"

namespace cplae::dist {

namespace {

using Clock = std::chrono::steady_clock;

std::function<void(Clock::duration)>& waiting_act() {
  static std::function<void(Clock::duration)> act;
  return act;
}

template <class Value>
Value all_reduce(const Communicator& communicator, Value value, MPI_Datatype type, MPI_Op op) {
  Value result{};
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Iallreduce(&value, &result, 1, type, op, communicator.handle().comm, &request), "MPI_Iallreduce");
  wait(request, "MPI_Iallreduce");
  return result;
}

void broadcast_bytes(const Communicator& communicator, int root, char* data, std::size_t size) {
  constexpr std::size_t piece = std::size_t{1} << 30U;  // MPI counts in int
  for (std::size_t at = 0; at < size; at += piece) {
    const int count = static_cast<int>(std::min(piece, size - at));
    MPI_Request request = MPI_REQUEST_NULL;
    check(MPI_Ibcast(data + at, count, MPI_CHAR, root, communicator.handle().comm, &request), "MPI_Ibcast");
    wait(request, "MPI_Ibcast");
  }
}

}  // namespace

void check(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  if (MPI_Error_string(code, text.data(), &length) != MPI_SUCCESS) length = 0;
  throw CommError(std::string(call) + " failed with code " + std::to_string(code) + ": " +
                  std::string(text.data(), static_cast<std::size_t>(length)));
}

void while_waiting(std::function<void(Clock::duration)> act) {
  waiting_act() = std::move(act);
}

void wait(MPI_Request& request, const char* call) {
  using std::chrono::microseconds;
  const Clock::time_point begin = Clock::now();
  // Ranks may share a core with one that trains: a spinning wait would take half of it.
  for (microseconds pause{100};; pause = std::min(pause * 2, microseconds{10000})) {
    int done = 0;
    check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), call);
    if (done != 0) return;
    if (waiting_act()) waiting_act()(Clock::now() - begin);
    std::this_thread::sleep_for(pause);
  }
}

std::string broadcast_from(const Communicator& communicator, int root, const std::string& text) {
  const bool sender = communicator.rank() == root;
  std::array<char, sizeof(std::uint64_t)> bytes{};
  std::uint64_t size = text.size();
  if (sender) std::copy_n(reinterpret_cast<const char*>(&size), bytes.size(), bytes.begin());
  broadcast_bytes(communicator, root, bytes.data(), bytes.size());
  std::copy_n(bytes.begin(), bytes.size(), reinterpret_cast<char*>(&size));
  std::string result = sender ? text : std::string(size, '\0');
  broadcast_bytes(communicator, root, result.data(), result.size());
  return result;
}

int least(const Communicator& communicator, int value) {
  return all_reduce<int>(communicator, value, MPI_INT, MPI_MIN);
}

Communicator::Handle::~Handle() {
  int finalized = 0;
  // Nothing can be thrown here, and after MPI_Finalize there is nothing left to free.
  if (owned && MPI_Finalized(&finalized) == MPI_SUCCESS && finalized == 0) MPI_Comm_free(&comm);
}

Communicator::Communicator(std::shared_ptr<Handle> handle) : handle_(std::move(handle)) {}

int Communicator::rank() const {
  int rank = 0;
  check(MPI_Comm_rank(handle_->comm, &rank), "MPI_Comm_rank");
  return rank;
}

int Communicator::size() const {
  int size = 0;
  check(MPI_Comm_size(handle_->comm, &size), "MPI_Comm_size");
  return size;
}

void Communicator::barrier() const {
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Ibarrier(handle_->comm, &request), "MPI_Ibarrier");
  wait(request, "MPI_Ibarrier");
}

std::string Communicator::broadcast(const std::string& text) const {
  return broadcast_from(*this, 0, text);
}

void Communicator::broadcast(std::span<float> values) const {
  broadcast_bytes(*this, 0, reinterpret_cast<char*>(values.data()), values.size_bytes());
}

std::int64_t Communicator::sum(std::int64_t value) const {
  return all_reduce<std::int64_t>(*this, value, MPI_INT64_T, MPI_SUM);
}

bool Communicator::any(bool value) const {
  return all_reduce<int>(*this, value ? 1 : 0, MPI_INT, MPI_MAX) != 0;
}

std::vector<std::string> Communicator::gather(const std::string& text) const {
  std::vector<std::string> all;
  // One broadcast a rank: texts are few and short, and have no limit of size this way.
  for (int root = 0; root < size(); ++root)
    all.push_back(broadcast_from(*this, root, text));
  return all;
}

std::pair<int, int> Communicator::local_rank() const {
  barrier();  // the blocking call below spins: let all arrive first
  MPI_Comm comm = MPI_COMM_NULL;
  check(MPI_Comm_split_type(handle_->comm, MPI_COMM_TYPE_SHARED, rank(), MPI_INFO_NULL, &comm),
        "MPI_Comm_split_type");
  const Communicator host(std::make_shared<Handle>(comm, true));
  return {host.rank(), host.size()};
}

Communicator Communicator::split(int colour) const {
  barrier();
  MPI_Comm comm = MPI_COMM_NULL;
  check(MPI_Comm_split(handle_->comm, colour, rank(), &comm), "MPI_Comm_split");
  return Communicator(std::make_shared<Handle>(comm, true));
}

}  // namespace cplae::dist
