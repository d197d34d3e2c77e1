#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace cplae {

/// Replaces `path` by `bytes` so that a reader at any time, and after any crash, finds the old file or the
/// new one, whole: written aside in the same folder, fsync, rename, fsync of the folder. Throws IoError
/// naming file and reason; then the old file stands.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

/// Name of this machine.
[[nodiscard]] std::string host_name();
/// Where this program's file lies. Throws std::filesystem::filesystem_error where the system does not tell.
[[nodiscard]] std::filesystem::path program_folder();

/// Where a write of `path` puts its bytes aside, in the same folder: "x.part4711-node1", of this process and
/// host, so that two writers of one file keep apart also where their hosts share a file system.
[[nodiscard]] std::filesystem::path part_of(const std::filesystem::path& path);

/// Whether a file of this name is one that a write puts aside before it is renamed: as part_of names it, or
/// "x.part".
[[nodiscard]] bool is_part(const std::filesystem::path& path);

/// fsync of `part`, rename to `path`, fsync of the folder; for files that a library has written. Throws
/// IoError.
void commit_file(const std::filesystem::path& part, const std::filesystem::path& path);

/// Throws DataError unless `path` is a regular file, or a link to one: whoever opens a pipe waits for its
/// writer, and a device may never end. One that is not there is left for the opening to tell.
void require_regular(const std::filesystem::path& path);

/// The whole file. Throws IoError (missing, unreadable), DataError for a pipe or a device, for one that is
/// larger than `limit_bytes`, or than limits::memory_bytes of what it takes on the disk (a hole costs its
/// maker nothing), and for one that does not begin with `start`, of which no more is read then.
[[nodiscard]] std::string read_file(const std::filesystem::path& path, std::size_t limit_bytes,
                                    std::string_view start = {});
/// The same for what the user names and may write into a pipe.
[[nodiscard]] std::string read_file_or_pipe(const std::filesystem::path& path, std::size_t limit_bytes);

/// Makes the folder and its parents; fsync of the parent. Throws IoError naming folder and reason.
void make_folder(const std::filesystem::path& path);

}  // namespace cplae
