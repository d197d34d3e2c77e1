#include "cplae/core/files.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "cplae/core/error.hpp"
#include "scratch.hpp"

namespace cplae {
namespace {

std::string text_of(const std::filesystem::path& path) {
  return read_file(path, 1'000'000);
}

/// Files of this process may not grow beyond `bytes`, as on a disk that is full.
class FullDisk {
public:
  explicit FullDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST(Files, AtomicWriteMakesReplacesAndLeavesNothingElse) {
  const test::Scratch scratch;
  write_file_atomically(scratch / "a", std::string_view("one"));
  EXPECT_EQ(text_of(scratch / "a"), "one");
  write_file_atomically(scratch / "a", std::string_view("two\0three", 9));
  EXPECT_EQ(text_of(scratch / "a"), std::string("two\0three", 9));
  EXPECT_EQ(scratch.entries(), 1U);
}

TEST(Files, AFullDiskLeavesTheOldFileAndNamesIt) {
  const test::Scratch scratch;
  write_file_atomically(scratch / "a", std::string_view("old"));
  const std::string large(100'000, 'x');
  try {
    const FullDisk full(10'000);
    write_file_atomically(scratch / "a", large);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const IoError& error) {
    EXPECT_NE(std::string(error.what()).find("File too large"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find((scratch / "a").string()), std::string::npos) << error.what();
  }
  EXPECT_EQ(text_of(scratch / "a"), "old");
  EXPECT_EQ(scratch.entries(), 1U);
}

TEST(Files, AFolderInTheWayIsReportedAndNothingIsLeft) {
  const test::Scratch scratch;
  make_folder(scratch / "a/b");
  EXPECT_THROW(write_file_atomically(scratch / "a", std::string_view("x")), IoError);
  EXPECT_EQ(scratch.entries(), 2U);
  EXPECT_THROW(write_file_atomically(scratch / "no/such/folder", std::string_view("x")), IoError);
}

TEST(Files, CommitRenamesAPartThatALibraryWrote) {
  const test::Scratch scratch;
  std::ofstream(scratch / "r.part") << "data";
  commit_file(scratch / "r.part", scratch / "r");
  EXPECT_EQ(text_of(scratch / "r"), "data");
  EXPECT_EQ(scratch.entries(), 1U);
  EXPECT_THROW(commit_file(scratch / "missing.part", scratch / "r"), IoError);
}

TEST(Files, ReadFileRefusesWhatIsMissingAFolderOrTooLarge) {
  const test::Scratch scratch;
  EXPECT_THROW(static_cast<void>(read_file(scratch / "missing", 10)), IoError);
  EXPECT_THROW(static_cast<void>(read_file(scratch.path(), 10)), IoError);
  const std::string text(200'000, 'y');
  write_file_atomically(scratch / "a", text);
  EXPECT_EQ(read_file(scratch / "a", 200'000), text);
  EXPECT_THROW(static_cast<void>(read_file(scratch / "a", 199'999)), DataError);
}

TEST(Files, APipeOrADeviceIsNotReadButWhereAUserMayNameOne) {
  const test::Scratch scratch;
  ASSERT_EQ(::mkfifo((scratch / "pipe").c_str(), 0600), 0);
  std::filesystem::create_symlink("/dev/zero", scratch / "zeros");
  for (const char* name : {"pipe", "zeros"})
    EXPECT_THROW(static_cast<void>(read_file(scratch / name, 10)), DataError) << name;
  EXPECT_THROW(require_regular(scratch / "pipe"), DataError);
  EXPECT_NO_THROW(require_regular(scratch / "missing"));
  std::thread writer([&] { std::ofstream(scratch / "pipe") << "text"; });
  EXPECT_EQ(read_file_or_pipe(scratch / "pipe", 10), "text");
  writer.join();
}

TEST(Files, AHoleIsNotTakenForAFile) {
  const test::Scratch scratch;
  std::ofstream(scratch / "hole") << "start";
  std::filesystem::resize_file(scratch / "hole", std::uintmax_t{1} << 35U);
  try {
    static_cast<void>(read_file(scratch / "hole", std::size_t{1} << 36U));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("claims 34359738368 bytes"), std::string::npos) << error.what();
  }
}

TEST(Files, AFileOfAnotherStartIsNotReadThrough) {
  const test::Scratch scratch;
  write_file_atomically(scratch / "a", std::string(300'000, 'y'));
  // The limit would be told of if the file were read to it.
  for (const auto& [start, words] : {std::pair{"yz", "does not start with yz"}, std::pair{"yy", "limit"}}) {
    try {
      static_cast<void>(read_file(scratch / "a", 200'000, start));
      ADD_FAILURE() << "nothing was thrown";
    } catch (const DataError& error) {
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    }
  }
  write_file_atomically(scratch / "short", std::string_view("C"));
  EXPECT_EQ(read_file(scratch / "short", 10, "CPLAE"), "C");
}

TEST(Files, MakeFolderMakesParentsAndAcceptsOneThatIsThere) {
  const test::Scratch scratch;
  make_folder(scratch / "a/b/c");
  make_folder(scratch / "a/b/c");
  EXPECT_TRUE(std::filesystem::is_directory(scratch / "a/b/c"));
  write_file_atomically(scratch / "file", std::string_view("x"));
  EXPECT_THROW(make_folder(scratch / "file/inside"), IoError);
}

TEST(Files, PartsAreKnownByTheirEnding) {
  for (const char* name : {"a.unit.part", "b.ckpt.part4711", "/run/results.h5.part", "c.csv.part12-node_1"})
    EXPECT_TRUE(is_part(name)) << name;
  EXPECT_TRUE(is_part(part_of("/run/a,fold=0.unit"))) << part_of("/run/a,fold=0.unit");
  EXPECT_EQ(part_of("/run/a.unit").parent_path(), "/run");
  for (const char* name :
       {"a.unit", "x.part1,fold=0.unit", "part", "a.party", "a.part12b", "a.part12-", "a.part-node", "lock"})
    EXPECT_FALSE(is_part(name)) << name;
}

}  // namespace
}  // namespace cplae
