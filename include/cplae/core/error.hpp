#pragma once
#include <stdexcept>
#include <string>

namespace cplae {

/// Base of all errors of cplae. what() is one line that names file, key or cell, what was found and what was
/// expected.
class Error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Wrong command line or study: the program exits 2 and has written nothing.
class UsageError : public Error {
public:
  using Error::Error;
};

/// Input data that cannot be used: exit 2, nothing written.
class DataError : public Error {
public:
  using Error::Error;
};

/// A computation that has no finite or meaningful result (singular covariance, too few cells, ...).
class NumericError : public Error {
public:
  using Error::Error;
};

/// The file system or a file format library failed: exit 1. Names the file and the system's reason.
class IoError : public Error {
public:
  using Error::Error;
};

/// A GPU has too little memory left for what was asked: fewer networks at once may fit. Exit 1.
class OutOfDeviceMemory : public Error {
public:
  using Error::Error;
};

/// MPI failed, or another rank failed first: exit 1.
class CommError : public Error {
public:
  using Error::Error;
};

/// A signal or time limit asked the program to stop; all finished work is on disk. Exit 75: run again to go
/// on.
class Stopped : public Error {
public:
  using Error::Error;
};

/// Exit codes of the program (docs/file-formats.md).
enum class ExitCode : int { done = 0, failed = 1, usage = 2, some_networks_failed = 3, stopped = 75 };

}  // namespace cplae
