#pragma once
#include <string>

#include "h5/h5.hpp"

namespace cplae::store {

/// Name of the root attribute of results.h5 that holds checksum_of_attributes. Files of earlier versions lack
/// it.
inline constexpr const char* attribute_checksum = "sha256_attributes";

/// SHA-256, in hexadecimal digits, of the digests of all attributes of a file's root, groups and datasets,
/// but that one (docs/file-formats.md has it byte by byte). Local. Throws DataError for an attribute that is
/// neither text nor number, IoError.
[[nodiscard]] std::string checksum_of_attributes(const h5::Handle& file);

}  // namespace cplae::store
