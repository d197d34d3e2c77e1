#include "nesting.hpp"

#include <algorithm>

namespace cplae::study {

namespace {

/// Walks over a TOML text outside of strings and comments.
class NestingScan {
public:
  explicit NestingScan(std::string_view text) : text_(text) {}

  std::optional<std::size_t> deeper_than(std::size_t limit) {
    while (at_ < text_.size()) {
      take(text_[at_]);
      if (brackets_ + dots_ > limit) return line_;
    }
    return std::nullopt;
  }

private:
  void take(char c) {
    if (c == '"' || c == '\'') return skip_string(c);
    if (c == '#') return skip_to(text_.find('\n', at_));
    ++at_;
    switch (c) {
      case '[':
      case '{':
        ++brackets_;
        break;
      case ']':
      case '}':
        brackets_ -= std::min<std::size_t>(brackets_, 1);
        break;
      case '.':
        ++dots_;
        break;
      case '\n':
        ++line_;
        [[fallthrough]];
      case '=':
      case ',':
        dots_ = 0;
        break;
      default:
        break;
    }
  }

  void skip_string(char quote) {
    const bool multiline = text_.substr(at_, 3) == std::string_view(quote == '"' ? "\"\"\"" : "'''");
    const std::size_t width = multiline ? 3 : 1;
    std::size_t end = at_ + width;
    while (end < text_.size() && text_.substr(end, width) != text_.substr(at_, width)) {
      if (text_[end] == '\n' && !multiline) break;  // not TOML: left to the parser to say so
      const bool escape = quote == '"' && text_[end] == '\\';
      end += escape ? std::size_t{2} : std::size_t{1};
    }
    end += width;
    // A multi-line string may end in one or two quotes of its own, before or after which the closing ones
    // stand.
    for (int extra = 0; multiline && extra < 2 && end < text_.size() && text_[end] == quote; ++extra)
      ++end;
    skip_to(end);
  }

  void skip_to(std::size_t end) {
    end = std::min(end, text_.size());
    const auto skipped = text_.substr(at_, end - at_);
    line_ += static_cast<std::size_t>(std::count(skipped.begin(), skipped.end(), '\n'));
    at_ = end;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t brackets_ = 0;
  std::size_t dots_ = 0;
};

}  // namespace

std::optional<std::size_t> line_nested_deeper_than(std::size_t limit, std::string_view text) {
  return NestingScan(text).deeper_than(limit);
}

}  // namespace cplae::study
