#include <new>
#include <string_view>

#include "cplae/core/error.hpp"
#include "cplae/core/hash.hpp"
#include "cplae/core/log.hpp"
#include "dist/handle.hpp"

namespace cplae::dist {

namespace {

/// What a rank has to tell of its exception: one letter for the kind, then the text. Empty = none.
std::string run_and_describe(const std::function<void()>& local, const std::string& doing) {
  try {
    local();
    return {};
  } catch (const UsageError& error) {
    return std::string("U") + error.what();
  } catch (const DataError& error) {
    return std::string("D") + error.what();
  } catch (const NumericError& error) {
    return std::string("N") + error.what();
  } catch (const OutOfDeviceMemory& error) {
    return std::string("M") + error.what();
  } catch (const IoError& error) {
    return std::string("I") + error.what();
  } catch (const CommError& error) {
    return std::string("C") + error.what();
  } catch (const Stopped& error) {
    return std::string("S") + error.what();
  } catch (const std::bad_alloc&) {
    return "Eout of memory" + (doing.empty() ? "" : " while " + doing);
  } catch (const std::exception& error) {
    return std::string("E") + error.what();
  } catch (...) {
    return "Ean exception that is no std::exception";
  }
}

[[noreturn]] void throw_described(char kind, const std::string& text) {
  switch (kind) {
    case 'U':
      throw UsageError(text);
    case 'D':
      throw DataError(text);
    case 'N':
      throw NumericError(text);
    case 'M':
      throw OutOfDeviceMemory(text);
    case 'I':
      throw IoError(text);
    case 'C':
      throw CommError(text);
    case 'S':
      throw Stopped(text);
    default:
      throw Error(text);
  }
}

/// Collective, once all ranks know the lowest that failed (the number of ranks: none did).
void throw_agreed(const Communicator& communicator, const std::string& mine, int guilty) {
  if (guilty == communicator.size()) return;
  const std::string agreed = broadcast_from(communicator, guilty, mine);
  const bool differs = mine != agreed;
  if (differs && !mine.empty()) log::error("failed too: " + mine.substr(1));
  const std::string prefix =
      communicator.any(differs) ? "rank " + std::to_string(guilty) + ": " : std::string();
  throw_described(agreed.front(), prefix + agreed.substr(1));
}

std::string shown(const std::string& text) {
  constexpr std::size_t longest = 100;
  return text.size() <= longest ? "'" + text + "'" : std::to_string(text.size()) + " bytes";
}

}  // namespace

void agree(const Communicator& communicator, const std::function<void()>& local, const std::string& doing) {
  const std::string mine = run_and_describe(local, doing);
  const int ranks = communicator.size();
  throw_agreed(communicator, mine, least(communicator, mine.empty() ? ranks : communicator.rank()));
}

void on_root(const Communicator& communicator, const std::function<void()>& local, const std::string& doing) {
  const std::string told =
      communicator.broadcast(communicator.is_root() ? run_and_describe(local, doing) : "");
  if (!told.empty()) throw_described(told.front(), told.substr(1));
}

void agree_same(const Communicator& communicator, const std::string& text, const std::string& what) {
  const std::string mine = sha256_hex(std::as_bytes(std::span(text)));
  const bool differs = communicator.broadcast(mine) != mine;
  const int ranks = communicator.size();
  const int other = least(communicator, differs ? communicator.rank() : ranks);
  if (other == ranks) return;
  const std::string expected = communicator.broadcast(shown(text));
  const std::string found = broadcast_from(communicator, other, shown(text));
  throw CommError(what + " is not the same on every rank: rank " + std::to_string(other) + " has " + found +
                  ", rank 0 has " + expected);
}

}  // namespace cplae::dist
