#pragma once
// The binary format of MATLAB files of version 5 (MathWorks, "MAT-File Format", chapter 1), as far as
// numbers, characters and cell arrays go.
#include <cstdint>
#include <string>
#include <vector>

#include "cplae/core/budget.hpp"
#include "mat_stream.hpp"

namespace cplae::data {

/// One array of a MATLAB file.
struct MatArray {
  enum class Kind { numbers, characters, cells, other };
  Kind kind = Kind::other;  ///< other: complex numbers, structs, sparse matrices, objects, functions
  std::string name;
  std::vector<std::uint64_t> shape;       ///< two dimensions or more
  std::vector<double> numbers;            ///< column-major
  std::vector<std::uint32_t> characters;  ///< code points, column-major
  std::vector<MatArray> cells;            ///< column-major; each without a name

  [[nodiscard]] std::uint64_t size() const;
  /// "6 x 5", for messages.
  [[nodiscard]] std::string shape_text() const;
};

/// Reads arrays off a stream. Everything that a file says of itself is compared with the bytes that are
/// there, and charged to the budget, before memory is taken for it.
class MatParser {
public:
  /// `is_swapped`: the file was written on a machine of the other byte order.
  MatParser(MatStream& stream, bool is_swapped, Budget& budget)
      : stream_(stream), is_swapped_(is_swapped), budget_(budget) {}

  /// Kind, name and shape of the array whose element is next; its content stays unread. Throws DataError
  /// (without the file's name).
  [[nodiscard]] MatArray header();
  /// All of it. Throws DataError as header() does.
  [[nodiscard]] MatArray array();

private:
  /// The bytes of an element that are not read yet.
  struct Window {
    std::uint64_t left;
  };
  /// Type, size and, for up to four bytes, content of an element.
  struct Element {
    std::uint32_t type = 0;
    std::uint32_t bytes = 0;
    bool is_small = false;
    std::array<char, 4> content{};
  };

  [[nodiscard]] std::uint32_t number32(const char* bytes) const;
  void read(Window& window, std::span<char> out);
  [[nodiscard]] Element element(Window& window);
  [[nodiscard]] std::string content(const Element& element, Window& window, std::uint64_t most);
  void skip_padding(const Element& element, Window& window);
  [[nodiscard]] Window open_array(Window& outer);
  [[nodiscard]] MatArray description(Window& window);
  void fill(MatArray& array, Window& window, int depth);
  void fill_numbers(MatArray& array, Window& window);
  void fill_characters(MatArray& array, Window& window);
  void fill_cells(MatArray& array, Window& window, int depth);
  template <class Number>
  void append_numbers(MatArray& array, const Element& element, Window& window);
  static void check_bytes(const MatArray& array, const Element& element, std::uint64_t each);

  MatStream& stream_;
  bool is_swapped_;
  Budget& budget_;
};

}  // namespace cplae::data
