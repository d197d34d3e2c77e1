// Part of kernels.inl: the E step of a mixture with the sums of the M step.
//
// Cells lie in an order in which a block of them is small in space, so that most components are far from most
// blocks. A joint density below exp(-reach) of the cell's highest counts as 0, exactly; what is skipped is
// known to be such a 0, so that skipping does not change a bit.

/// The numbers of one component, in every lane: in registers where the dimension is known at compile time,
/// else (D = 0) spread when asked for.
template <std::size_t D>
struct Component {
  Vec constant;
  Vec offsets[D];
  Vec factors[triangle(D)];
  CPLAE_INLINE Component(const MixtureStep& step, std::size_t c) : constant(all(step.constants[c])) {
    for (std::size_t i = 0; i < D; ++i)
      offsets[i] = all(step.offsets[c * D + i]);
    for (std::size_t at = 0; at < triangle(D); ++at)
      factors[at] = all(step.factors[c * triangle(D) + at]);
  }
  CPLAE_INLINE Vec offset(std::size_t i) const { return offsets[i]; }
  CPLAE_INLINE Vec factor(std::size_t at) const { return factors[at]; }
};
template <>
struct Component<0> {
  Vec constant;
  const double* offsets;
  const double* factors;
  CPLAE_INLINE Component(const MixtureStep& step, std::size_t c)
      : constant(all(step.constants[c])),
        offsets(step.offsets + c * step.dim),
        factors(step.factors + c * triangle(step.dim)) {}
  CPLAE_INLINE Vec offset(std::size_t i) const { return all(offsets[i]); }
  CPLAE_INLINE Vec factor(std::size_t at) const { return all(factors[at]); }
};

/// For `lanes` blocks at once: the components that may reach a cell of each. Over a box of centre b and half
/// edges h, row i of L (x - m) lies within e_i = sum_j |L_ij| h_j of its value p_i at b. So the joint density
/// of component c lies between constant - sum (|p_i| + e_i)^2 and constant - sum max(0, |p_i| - e_i)^2, and c
/// is out of reach where its upper bound is `reach` below another's lower bound. The margins 1e-12 and 1e-6
/// stand for rounding.
template <std::size_t D>
CPLAE_INLINE void list_near(const MixtureStep& step, std::size_t box, std::size_t* counts) {
  const std::size_t dim = D > 0 ? D : step.dim;
  double* upper = step.scratch + step.components * cell_block;
  Vec least = all(-1e300);
  for (std::size_t c = 0; c < step.components; ++c) {
    const Component<D> component(step, c);
    Vec near = {};
    Vec far = {};
    for (std::size_t i = 0; i < dim; ++i) {
      Vec value = component.offset(i);
      Vec spread = {};
      for (std::size_t j = 0; j <= i; ++j) {
        const Vec factor = component.factor(triangle(i) + j);
        value += factor * load(step.centres + j * step.boxes + box);
        spread += magnitude(factor) * load(step.extents + j * step.boxes + box);
      }
      value = magnitude(value);
      const Vec inner = larger(value - spread, Vec{});
      near += inner * inner;
      far += (value + spread) * (value + spread);
    }
    least = larger(component.constant - far * (1 + 1e-12), least);
    store(upper + c * lanes, component.constant - near * (1 - 1e-12));
  }
  least -= step.reach + 1e-6;
  for (std::size_t c = 0; c < step.components; ++c) {
    const unsigned near = ~bits_of(load(upper + c * lanes) < least);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      step.lists[lane * step.components + counts[lane]] = static_cast<std::uint32_t>(c);
      counts[lane] += (near >> lane) & 1U;
    }
  }
}

/// Log joint densities of component c at the cells of a block, and the highest so far.
template <std::size_t D>
CPLAE_INLINE void log_joint(const MixtureStep& step, std::size_t c, const double* cells, double* out,
                            Vec* highest) {
  const std::size_t column = step.blocks * cell_block;
  const Component<D> component(step, c);
  CPLAE_UNROLL for (std::size_t g = 0; g < packs; ++g) {
    Vec value = component.constant;
    for (std::size_t i = 0; i < D; ++i) {
      Vec row = component.offset(i);
      for (std::size_t j = 0; j <= i; ++j)
        row += component.factor(triangle(i) + j) * load(cells + j * column + g * lanes);
      value -= row * row;
    }
    store(out + g * lanes, value);
    highest[g] = larger(value, highest[g]);
  }
}

/// The same for any number of dimensions, row by row of the factor.
template <>
CPLAE_INLINE void log_joint<0>(const MixtureStep& step, std::size_t c, const double* cells, double* out,
                               Vec* highest) {
  const std::size_t column = step.blocks * cell_block;
  const Component<0> component(step, c);
  Vec value[packs];
  for (Vec& own : value)
    own = component.constant;
  for (std::size_t i = 0; i < step.dim; ++i) {
    Vec row[packs];
    for (Vec& own : row)
      own = component.offset(i);
    for (std::size_t j = 0; j <= i; ++j) {
      const Vec factor = component.factor(triangle(i) + j);
      CPLAE_UNROLL for (std::size_t g = 0; g < packs; ++g) row[g] +=
          factor * load(cells + j * column + g * lanes);
    }
    CPLAE_UNROLL for (std::size_t g = 0; g < packs; ++g) value[g] -= row[g] * row[g];
  }
  for (std::size_t g = 0; g < packs; ++g) {
    store(out + g * lanes, value[g]);
    highest[g] = larger(value[g], highest[g]);
  }
}

/// Whether a joint density of a component reaches a cell of the block; NaN does.
CPLAE_INLINE bool reaches(double reach, const double* joint, const Vec* highest) {
  Mask out_of_reach = ~Mask{};
  CPLAE_UNROLL for (std::size_t g = 0; g < packs; ++g) out_of_reach &=
      load(joint + g * lanes) - highest[g] <= -reach;
  return bits_of(~out_of_reach) != 0;
}

/// Turns log joint densities into exp(. - highest), or 0 out of reach, and adds them to `total`.
CPLAE_INLINE void exponentiate(double reach, double* joint, const Vec* highest, Vec* total) {
  CPLAE_UNROLL for (std::size_t g = 0; g < packs; ++g) {
    const Vec below = load(joint + g * lanes) - highest[g];
    const Vec ratio = below <= -reach ? Vec{} : exponential(below);
    store(joint + g * lanes, ratio);
    total[g] += ratio;
  }
}

/// Log-likelihood so far. Totals lie in [1, components]: their product is kept as mantissas and sums of
/// exponents, and its logarithm is taken once.
struct LogSum {
  static constexpr std::int64_t exponent_of_one = 1023;
  Vec highest[packs] = {};
  SumVec product = SumVec{} + 1;
  SumMask exponents = {};
  SumMask usable = ~SumMask{};
  std::size_t blocks = 0;

  /// total: [cell_block]; becomes its inverse, 0 where no cell is.
  CPLAE_INLINE void add(const double* valid, const Vec* highest_of, double* total) {
    for (std::size_t g = 0; g < packs; ++g)
      highest[g] += load(valid + g * lanes) * highest_of[g];
    for (std::size_t g = 0; g < sum_packs; ++g) {
      const SumVec is_cell = load_few(valid + g * sum_lanes);
      const SumVec own = load_few(total + g * sum_lanes);
      product *= is_cell > 0 ? own : SumVec{} + 1;
      store_few(total + g * sum_lanes, is_cell / own);
    }
    // 4 blocks: at most 32 factors of a lane, each below 2^31.
    if (++blocks % 4 == 0) normalise();
  }
  CPLAE_INLINE void normalise() {
    usable &= (product >= 1) & (product <= 1e308);
    const SumMask bits = reinterpret_cast<SumMask>(product);
    constexpr std::int64_t fraction = (std::int64_t{1} << 52) - 1;
    exponents += (bits >> 52) - exponent_of_one;
    product = reinterpret_cast<SumVec>((bits & fraction) | (exponent_of_one << 52));
  }
  /// NaN where a total is not finite.
  CPLAE_INLINE double value() {
    normalise();
    double sum = 0;
    for (std::size_t g = 0; g < packs; ++g) {
      for (std::size_t lane = 0; lane < lanes; ++lane)
        sum += highest[g][lane];
    }
    for (std::size_t lane = 0; lane < sum_lanes; ++lane) {
      sum += __builtin_log(product[lane]) + static_cast<double>(exponents[lane]) * 0x1.62e42fefa39efp-1;
      if (usable[lane] == 0) sum = __builtin_nan("");
    }
    return sum;
  }
};

/// One block of cells and the components listed as near to it.
template <std::size_t D>
CPLAE_INLINE void add_block(const MixtureStep& step, std::size_t block, const std::uint32_t* near,
                            std::size_t count, LogSum& sum) {
  const double* cells = step.cells + block * cell_block;
  std::uint32_t* reached = step.lists + widest * step.components;
  Vec highest[packs];
  Vec total[packs];
  for (std::size_t g = 0; g < packs; ++g) {
    highest[g] = all(-1e300);
    total[g] = Vec{};
  }
  for (std::size_t n = 0; n < count; ++n)
    log_joint<D>(step, near[n], cells, step.scratch + n * cell_block, highest);
  std::size_t reaching = 0;
  for (std::size_t n = 0; n < count; ++n) {
    reached[reaching] = static_cast<std::uint32_t>(n);
    reaching += reaches(step.reach, step.scratch + n * cell_block, highest) ? 1U : 0U;
  }
  for (std::size_t n = 0; n < reaching; ++n)
    exponentiate(step.reach, step.scratch + reached[n] * cell_block, highest, total);
  double inverse_total[cell_block];
  for (std::size_t g = 0; g < packs; ++g)
    store(inverse_total + g * lanes, total[g]);
  sum.add(step.valid + block * cell_block, highest, inverse_total);
  for (std::size_t n = 0; n < reaching; ++n)
    add_moments<D>(step, near[reached[n]], cells, step.scratch + reached[n] * cell_block, inverse_total);
}

template <std::size_t D>
double step_of_dim(const MixtureStep step) {
  LogSum sum;
  for (std::size_t box = 0; box < step.boxes; box += lanes) {
    std::size_t counts[lanes] = {};
    list_near<D>(step, box, counts);
    for (std::size_t lane = 0; lane < lanes && box + lane < step.blocks; ++lane)
      add_block<D>(step, box + lane, step.lists + lane * step.components, counts[lane], sum);
  }
  return sum.value();
}

double mixture_step(const MixtureStep& step) {
  switch (step.dim) {
    case 1:
      return step_of_dim<1>(step);
    case 2:
      return step_of_dim<2>(step);
    case 3:
      return step_of_dim<3>(step);
    case 4:
      return step_of_dim<4>(step);
    case 5:
      return step_of_dim<5>(step);
    default:
      return step_of_dim<0>(step);
  }
}
