#include "mat_array.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "cplae/core/error.hpp"
#include "cplae/core/limits.hpp"
#include "cplae/core/text.hpp"

namespace cplae::data {

namespace {

/// Types of elements (mi...) and classes of arrays (mx...), by the numbers of the format.
enum Type : std::uint32_t {
  int8 = 1,
  uint8 = 2,
  int16 = 3,
  uint16 = 4,
  int32 = 5,
  uint32 = 6,
  single_ = 7,
  double_ = 9,
  int64 = 12,
  uint64 = 13,
  matrix = 14,
  utf8 = 16,
  utf16 = 17,
  utf32 = 18
};
constexpr std::uint32_t class_cell = 1;
constexpr std::uint32_t class_char = 4;
constexpr std::uint32_t class_double = 6;
constexpr std::uint32_t class_uint64 = 15;
constexpr std::uint32_t flag_complex = 0x0800;

/// Of the content of an element, read at once.
constexpr std::size_t piece_bytes = std::size_t{1} << 16U;
/// A cell costs at least the tag of its element.
constexpr std::uint64_t least_cell_bytes = 8;

/// Code points of UTF-8. Pre-condition: is_utf8.
std::vector<std::uint32_t> decoded(const std::string& text) {
  std::vector<std::uint32_t> points;
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    // The lead byte gives its low bits (5, 4 or 3 of them); each byte that follows gives six.
    if ((byte & 0xC0U) == 0x80U)
      points.back() = points.back() << 6U | (byte & 0x3FU);
    else
      points.push_back(byte < 0xC0   ? byte
                       : byte < 0xE0 ? byte & 0x1FU
                       : byte < 0xF0 ? byte & 0x0FU
                                     : byte & 0x07U);
  }
  return points;
}

[[noreturn]] void fail(const std::string& problem) {
  throw DataError(problem);
}

template <class Number>
Number number_at(const char* bytes, bool is_swapped) {
  std::array<char, sizeof(Number)> own{};
  std::copy_n(bytes, own.size(), own.begin());
  if (is_swapped) std::reverse(own.begin(), own.end());
  return std::bit_cast<Number>(own);
}

MatArray::Kind kind_of(std::uint32_t flags) {
  const std::uint32_t number = flags & 0xFFU;
  if (number == class_cell) return MatArray::Kind::cells;
  if (number == class_char) return MatArray::Kind::characters;
  const bool is_real = number >= class_double && number <= class_uint64 && (flags & flag_complex) == 0;
  return is_real ? MatArray::Kind::numbers : MatArray::Kind::other;
}

}  // namespace

std::uint64_t MatArray::size() const {
  std::uint64_t count = 1;
  for (const std::uint64_t extent : shape)
    count *= extent;
  return count;
}

std::string MatArray::shape_text() const {
  std::vector<std::string> sizes;
  for (const std::uint64_t extent : shape)
    sizes.push_back(std::to_string(extent));
  return join(sizes, " x ");
}

std::uint32_t MatParser::number32(const char* bytes) const {
  return number_at<std::uint32_t>(bytes, is_swapped_);
}

void MatParser::read(Window& window, std::span<char> out) {
  if (out.size() > window.left) fail("damaged: a part is larger than the whole");
  stream_.read(out);
  window.left -= out.size();
}

MatParser::Element MatParser::element(Window& window) {
  std::array<char, 8> tag{};
  read(window, tag);
  const std::uint32_t first = number32(tag.data());
  Element found;
  found.is_small = first >> 16U != 0;
  found.type = first & 0xFFFFU;
  found.bytes = found.is_small ? first >> 16U : number32(tag.data() + 4);
  std::copy_n(tag.begin() + 4, found.content.size(), found.content.begin());
  if (found.bytes > (found.is_small ? found.content.size() : window.left))
    fail("damaged: a part is larger than the whole");
  return found;
}

void MatParser::skip_padding(const Element& element, Window& window) {
  if (element.is_small) return;
  const std::uint64_t padding = std::min<std::uint64_t>((8 - element.bytes % 8) % 8, window.left);
  stream_.skip(padding);
  window.left -= padding;
}

std::string MatParser::content(const Element& element, Window& window, std::uint64_t most) {
  if (element.bytes > most)
    fail("damaged: " + std::to_string(element.bytes) + " bytes, expected at most " + std::to_string(most));
  std::string bytes(element.bytes, '\0');
  if (element.is_small)
    std::copy_n(element.content.begin(), bytes.size(), bytes.begin());
  else
    read(window, bytes);
  skip_padding(element, window);
  return bytes;
}

MatParser::Window MatParser::open_array(Window& outer) {
  const Element whole = element(outer);
  if (whole.type != Type::matrix || whole.is_small)
    fail("damaged: an element of type " + std::to_string(whole.type) + ", expected an array");
  outer.left -= whole.bytes;
  return {whole.bytes};
}

MatArray MatParser::description(Window& window) {
  MatArray array;
  // MATLAB stores an empty cell as an array of no bytes.
  if (window.left == 0) {
    array.kind = MatArray::Kind::numbers;
    array.shape = {0, 0};
    return array;
  }
  const std::string flags = content(element(window), window, 8);
  if (flags.size() != 8) fail("damaged: no array flags");
  array.kind = kind_of(number32(flags.data()));
  const std::string extents = content(element(window), window, std::uint64_t{4} * limits::rank);
  if (extents.size() < 8 || extents.size() % 4 != 0) fail("damaged: no dimensions");
  std::uint64_t count = 1;
  bool fits = true;
  for (std::size_t i = 0; i < extents.size(); i += 4) {
    const std::uint64_t extent = number32(extents.data() + i);
    array.shape.push_back(extent);
    fits = fits && (extent == 0 || count <= limits::elements / extent);
    count *= fits ? extent : 1;
  }
  array.name = content(element(window), window, limits::name_bytes);
  if (!fits)
    fail("variable '" + one_line(array.name) + "' claims the shape " + array.shape_text() +
         ", more than any file can hold");
  return array;
}

MatArray MatParser::header() {
  Window everything{~std::uint64_t{0}};
  Window window = open_array(everything);
  return description(window);
}

MatArray MatParser::array() {
  Window everything{~std::uint64_t{0}};
  Window window = open_array(everything);
  MatArray array = description(window);
  fill(array, window, 0);
  return array;
}

void MatParser::fill(MatArray& array, Window& window, int depth) {
  if (array.size() > 0 || window.left > 0) switch (array.kind) {
      case MatArray::Kind::numbers:
        if (array.size() > 0) fill_numbers(array, window);
        break;
      case MatArray::Kind::characters:
        if (array.size() > 0) fill_characters(array, window);
        break;
      case MatArray::Kind::cells:
        fill_cells(array, window, depth);
        break;
      case MatArray::Kind::other:
        break;
    }
  // What follows a variable's own content is nobody's.
  if (depth == 0) return;
  stream_.skip(window.left);
  window.left = 0;
}

void MatParser::check_bytes(const MatArray& array, const Element& element, std::uint64_t each) {
  if (array.size() * each != element.bytes)
    fail("claims the shape " + array.shape_text() + ", more or fewer elements than its " +
         std::to_string(element.bytes) + " bytes can hold");
}

template <class Number>
void MatParser::append_numbers(MatArray& array, const Element& element, Window& window) {
  check_bytes(array, element, sizeof(Number));
  std::array<char, piece_bytes> piece{};
  for (std::uint64_t left = element.bytes; left > 0;) {
    const auto bytes = std::span(piece).first(std::min<std::uint64_t>(left, piece.size()));
    if (element.is_small)
      std::copy_n(element.content.begin(), bytes.size(), bytes.begin());
    else
      read(window, bytes);
    for (std::size_t i = 0; i < bytes.size(); i += sizeof(Number))
      array.numbers.push_back(static_cast<double>(number_at<Number>(bytes.data() + i, is_swapped_)));
    left -= bytes.size();
  }
}

void MatParser::fill_numbers(MatArray& array, Window& window) {
  const Element data = element(window);
  // The numbers here, and the matrix that is made of them.
  budget_.take(array.size() * (sizeof(double) + sizeof(float)), "its content");
  switch (data.type) {
    case Type::int8:
      return append_numbers<std::int8_t>(array, data, window);
    case Type::uint8:
      return append_numbers<std::uint8_t>(array, data, window);
    case Type::int16:
      return append_numbers<std::int16_t>(array, data, window);
    case Type::uint16:
      return append_numbers<std::uint16_t>(array, data, window);
    case Type::int32:
      return append_numbers<std::int32_t>(array, data, window);
    case Type::uint32:
      return append_numbers<std::uint32_t>(array, data, window);
    case Type::single_:
      return append_numbers<float>(array, data, window);
    case Type::double_:
      return append_numbers<double>(array, data, window);
    case Type::int64:
      return append_numbers<std::int64_t>(array, data, window);
    case Type::uint64:
      return append_numbers<std::uint64_t>(array, data, window);
    default:
      fail("damaged: numbers of type " + std::to_string(data.type));
  }
}

void MatParser::fill_characters(MatArray& array, Window& window) {
  const Element data = element(window);
  budget_.take(std::uint64_t{data.bytes} + array.size() * 2 * sizeof(std::uint32_t), "its content");
  const std::string bytes = content(data, window, data.bytes);
  const auto units = [&]<class Unit>(Unit) {
    check_bytes(array, data, sizeof(Unit));
    for (std::size_t i = 0; i < bytes.size(); i += sizeof(Unit))
      array.characters.push_back(number_at<Unit>(bytes.data() + i, is_swapped_));
  };
  switch (data.type) {
    case Type::int8:
    case Type::uint8:
      return units(std::uint8_t{});
    case Type::uint16:
    case Type::utf16:
      return units(std::uint16_t{});
    case Type::utf32:
      return units(std::uint32_t{});
    case Type::utf8:
      break;
    default:
      fail("damaged: characters of type " + std::to_string(data.type));
  }
  if (is_utf8(bytes)) array.characters = decoded(bytes);
  if (array.characters.size() != array.size())
    fail("characters that are no valid text of the shape " + array.shape_text() +
         ", expected UTF-8 or UTF-16");
}

void MatParser::fill_cells(MatArray& array, Window& window, int depth) {
  if (depth >= limits::nesting)
    fail("cells within cells, deeper than " + std::to_string(limits::nesting) + " levels");
  const std::uint64_t count = array.size();
  if (count > window.left / least_cell_bytes)
    fail("claims the shape " + array.shape_text() + ", more cells than its " + std::to_string(window.left) +
         " bytes can hold");
  budget_.take(count * (sizeof(MatArray) + limits::text_overhead), "its content");
  array.cells.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    Window inner = open_array(window);
    array.cells.push_back(description(inner));
    fill(array.cells.back(), inner, depth + 1);
  }
}

}  // namespace cplae::data
