#pragma once
// Eigenvalues and eigenvectors of the two covariances of a pair, by Jacobi's rotations, many at once (Brent &
// Luk 1985: in each round every dimension meets one other).
#include <cmath>

#include "engine/cuda/group.hpp"
#include "engine/cuda/reduce.hpp"

namespace cplae::engine::cuda {

struct EigenShared {
  double off[wide];
  double diagonal[wide];
  int done;
};

constexpr int most_sweeps = 40;

/// The two dimensions that rotation `i` of a round joins; second >= d: a bye.
struct Meeting {
  int first, second;
};

CPLAE_DEVICE Meeting meeting(int d, int round, int i) {
  const int ring = d + d % 2 - 1;  // the last of an even number stays, the others go round
  const int a = i == 0 ? ring : (round + i) % ring;
  const int b = i == 0 ? round % ring : (round + ring - i) % ring;
  return a < b ? Meeting{a, b} : Meeting{b, a};
}

/// Rotations of one round for both sides: cosines and sines that make the joined entries 0.
CPLAE_DEVICE void find_rotation(const PairNumbers& numbers, int d, int side, int round, int i) {
  const Meeting meet = meeting(d, round, i);
  double cosine = 1;
  double sine = 0;
  if (meet.second < d) {
    const double* const a = numbers.covariance(side);
    const double off = a[meet.first * d + meet.second];
    if (off != 0) {
      const double theta = (a[meet.second * d + meet.second] - a[meet.first * d + meet.first]) / (2 * off);
      const double tangent = (theta >= 0 ? 1.0 : -1.0) / (std::fabs(theta) + std::sqrt(theta * theta + 1));
      cosine = 1 / std::sqrt(tangent * tangent + 1);
      sine = tangent * cosine;
    }
  }
  numbers.rotation(side)[2 * i] = cosine;
  numbers.rotation(side)[2 * i + 1] = sine;
}

CPLAE_DEVICE void rotate(double& first, double& second, const double* rotation) {
  const double a = first;
  const double b = second;
  first = rotation[0] * a - rotation[1] * b;
  second = rotation[1] * a + rotation[0] * b;
}

/// One round: angles, then rows, then columns.
template <class Block>
CPLAE_DEVICE void rotate_all(const Block& block, const PairNumbers& numbers, int d, int round) {
  const int meetings = (d + 1) / 2;
  block.each([&](int thread) {
    for (int i = thread; i < 2 * meetings; i += wide)
      find_rotation(numbers, d, i / meetings, round, i % meetings);
  });
  block.each([&](int thread) {
    for (int i = thread; i < 2 * meetings * d; i += wide) {
      const int side = i / (meetings * d);
      const Meeting meet = meeting(d, round, i / d % meetings);
      double* const a = numbers.covariance(side);
      if (meet.second < d)
        rotate(a[meet.first * d + i % d], a[meet.second * d + i % d],
               numbers.rotation(side) + i / d % meetings * 2);
    }
  });
  block.each([&](int thread) {
    for (int i = thread; i < 2 * meetings * d; i += wide) {
      const int side = i / (meetings * d);
      const Meeting meet = meeting(d, round, i / d % meetings);
      if (meet.second >= d) continue;
      const double* const rotation = numbers.rotation(side) + i / d % meetings * 2;
      double* const a = numbers.covariance(side) + i % d * d;
      double* const v = numbers.vectors(side) + i % d * d;
      rotate(a[meet.first], a[meet.second], rotation);
      rotate(v[meet.first], v[meet.second], rotation);
    }
  });
}

/// Leaves the eigenvalues on the diagonals of the covariances and the eigenvectors in the columns of
/// `vectors`.
template <class Block>
CPLAE_DEVICE void decompose(const Block& block, EigenShared& shared, const PairNumbers& numbers, int d) {
  const int size = d * d;
  block.each([&](int thread) {
    for (int i = thread; i < 2 * size; i += wide)
      numbers.vectors(i / size)[i % size] = i % size / d == i % d ? 1.0 : 0.0;
  });
  for (int sweep = 0; sweep < most_sweeps; ++sweep) {
    block.each([&](int thread) {
      shared.off[thread] = 0;
      shared.diagonal[thread] = 0;
      for (int i = thread; i < 2 * size; i += wide) {
        const double entry = numbers.covariance(i / size)[i % size];
        (i % size / d == i % d ? shared.diagonal : shared.off)[thread] += entry * entry;
      }
    });
    block.each([&](int thread) {
      if (thread != 0) return;
      double off = 0;
      double diagonal = 0;
      for (int i = 0; i < wide && i < 2 * size; ++i) {  // the other threads had no entry
        off += shared.off[i];
        diagonal += shared.diagonal[i];
      }
      // No rotation mends what is not finite.
      shared.done = off > 1e-30 * diagonal && std::isfinite(off) ? 0 : 1;
    });
    if (shared.done != 0) break;
    for (int round = 0; round < d + d % 2 - 1; ++round)
      rotate_all(block, numbers, d, round);
  }
}

}  // namespace cplae::engine::cuda
