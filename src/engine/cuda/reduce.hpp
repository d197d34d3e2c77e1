#pragma once
// Sums of a block in an order that depends on nothing but how many numbers there are.
#include "engine/cuda/block.hpp"

namespace cplae::engine::cuda {

/// Threads of the kernels that are not products.
constexpr int wide = 256;
constexpr int lanes = 32;
constexpr int columns_at_once = wide / lanes;

struct SumShared {
  double partial[columns_at_once][lanes + 1];
  double total[columns_at_once];
};

/// Sums over `rows` of value(row, column), for up to columns_at_once columns: lane l takes rows l, l + 32,
/// ...; then the lanes in order. The sums stand in shared.total until the next call.
template <class Block, class Value>
CPLAE_DEVICE void sum_columns(const Block& block, SumShared& shared, int columns, int rows,
                              const Value& value) {
  block.each([&](int thread) {
    const int column = thread / lanes;
    double sum = 0;
    if (column < columns)
      for (int row = thread % lanes; row < rows; row += lanes)
        sum += value(row, column);
    shared.partial[column][thread % lanes] = sum;
  });
  block.each([&](int thread) {
    if (thread >= columns_at_once) return;
    double sum = 0;
    for (int lane = 0; lane < lanes; ++lane)
      sum += shared.partial[thread][lane];
    shared.total[thread] = sum;
  });
}

/// Sum over `rows` of value(row) by all threads of the block; in shared.total[0] until the next call.
template <class Block, class Value>
CPLAE_DEVICE void sum_rows(const Block& block, SumShared& shared, std::int64_t rows, const Value& value) {
  block.each([&](int thread) {
    double sum = 0;
    for (std::int64_t row = thread; row < rows; row += wide)
      sum += value(row);
    shared.partial[thread / lanes][thread % lanes] = sum;
  });
  block.each([&](int thread) {
    if (thread >= columns_at_once) return;
    double sum = 0;
    for (int lane = 0; lane < lanes; ++lane)
      sum += shared.partial[thread][lane];
    shared.total[thread] = sum;
  });
  block.each([&](int thread) {
    if (thread != 0) return;
    double sum = 0;
    for (int column = 0; column < columns_at_once; ++column)
      sum += shared.total[column];
    shared.total[0] = sum;
  });
}

}  // namespace cplae::engine::cuda
