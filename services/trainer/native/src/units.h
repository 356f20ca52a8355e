// What happens to the rows of a hidden layer between its matrix products: activations, norms and
// dropout. All buffers are [rows, stride] with `width` floats in use, a multiple of 16.
#pragma once

#include "lane.h"
#include "product.h"

struct Span {
  int rows, units, width;
  int64_t stride;
};

// Gives `body` each register of the span: where it lies, counted from the buffers' beginnings, and
// its column.
template <class Body>
INLINE void for_each(const Span& span, Body body) {
  for (int row = 0; row < span.rows; row++)
    for (int column = 0; column < span.width; column += kWidth)
      body(row * span.stride + column, column);
}

// 1 for the units that are there, 0 for the padding.
INLINE Floats present(const Span& span, int column) {
#define PLACE(i, d) i
  const Ints places = {INDICES(PLACE, 0)};
  return select(places < span.units - column, fill(1.0f), Floats{});
}

// ---- Activations. The same formulas as Keras's: exact gelu, elu with alpha 1.

// Whether the backward pass needs what went in; for the others, what came out will do.
INLINE bool keeps_input(int activation) { return activation == kGelu || activation == kSilu; }

template <int activation>
INLINE Floats activate(Floats x) {
  if constexpr (activation == kRelu) return maximum(x, Floats{});
  if constexpr (activation == kTanh) return hyperbolic_tangent(x);
  if constexpr (activation == kGelu) return x * normal(x).below;
  if constexpr (activation == kSilu) return x * sigmoid(x);
  if constexpr (activation == kElu) {
    // Near 0, exp(x) - 1 loses digits that tanh keeps: exp(x) - 1 = t (exp(x) + 1), t = tanh(x / 2).
    const Floats low = minimum(x, Floats{});
    return select(x > 0.0f, x, hyperbolic_tangent(low * 0.5f) * (exponential(low) + 1.0f));
  }
  if constexpr (activation == kSigmoid) return sigmoid(x);
}

template <int activation>
INLINE Floats slope(Floats x, Floats y) {
  if constexpr (activation == kRelu) return select(y > 0.0f, fill(1.0f), Floats{});
  if constexpr (activation == kTanh) return 1.0f - y * y;
  if constexpr (activation == kGelu) {
    const Normal n = normal(x);
    return n.below + x * n.density;
  }
  if constexpr (activation == kSilu) {
    const Floats s = sigmoid(x);
    return s * (1.0f + x * (1.0f - s));
  }
  if constexpr (activation == kElu) return select(y > 0.0f, fill(1.0f), y + 1.0f);
  if constexpr (activation == kSigmoid) return y * (1.0f - y);
}

#define FOR_ACTIVATION(activation, call)           \
  switch (activation) {                            \
    case kRelu: call(kRelu); break;                \
    case kTanh: call(kTanh); break;                \
    case kGelu: call(kGelu); break;                \
    case kSilu: call(kSilu); break;                \
    case kElu: call(kElu); break;                  \
    case kSigmoid: call(kSigmoid); break;          \
  }

// `in` may be `out`. The padding is kept at 0, which sigmoid alone would not do.
static void activate_rows(int activation, const Span& span, const float* in, float* out) {
#define CALL(a)                                                                   \
  for_each(span, [&](int64_t at, int column) {                                    \
    Floats y = activate<a>(load(in + at));                                        \
    if (a == kSigmoid && column + kWidth > span.units) y *= present(span, column); \
    store(out + at, y);                                                           \
  })
  FOR_ACTIVATION(activation, CALL)
#undef CALL
}

// From the gradient of what came out to that of what went in; `to` may be `gradient`.
static void activate_backward(int activation, const Span& span, const float* in, const float* out,
                              const float* gradient, float* to) {
#define CALL(a)                                                                              \
  for_each(span, [&](int64_t at, int) {                                                      \
    const Floats x = keeps_input(a) ? load(in + at) : Floats{};                              \
    store(to + at, load(gradient + at) * slope<a>(x, load(out + at)));                       \
  })
  FOR_ACTIVATION(activation, CALL)
#undef CALL
}

// ---- Sums over rows, added to what is there unless they are `fresh`.

static void add_columns(const Span& span, const float* values, float* sums, bool fresh) {
  for (int column = 0; column < span.width; column += kWidth) {
    Floats sum = fresh ? Floats{} : load(sums + column);
    for (int row = 0; row < span.rows; row++) sum += load(values + row * span.stride + column);
    store(sums + column, sum);
  }
}

static void add_columns_of_product(const Span& span, const float* a, const float* b, float* sums,
                                   bool fresh) {
  for (int column = 0; column < span.width; column += kWidth) {
    Floats sum = fresh ? Floats{} : load(sums + column);
    for (int row = 0; row < span.rows; row++)
      sum += load(a + row * span.stride + column) * load(b + row * span.stride + column);
    store(sums + column, sum);
  }
}

// ---- Norms. Ioffe and Szegedy 2015, section 3; Ba et al. 2016, eq. 3. Variances are of the
// population, as Keras takes them. `normal` receives the normalized values, which the backward pass
// needs, and `inverse` the reciprocal deviations: of each unit, or of each row.

INLINE void scale_and_shift(const Span& span, const float* normal, const float* scale,
                            const float* shift, float* out) {
  for_each(span, [&](int64_t at, int column) {
    store(out + at, load(normal + at) * load(scale + column) + load(shift + column));
  });
}

static void normalize_batch(const Span& span, float momentum, float epsilon, float* z,
                            float* running_mean, float* running_variance, float* inverse) {
  const float share = 1.0f / (float)span.rows;
  for (int column = 0; column < span.width; column += kWidth) {
    float* at = z + column;
    Floats mean{}, variance{};
    for (int row = 0; row < span.rows; row++) mean += load(at + row * span.stride);
    mean *= share;
    for (int row = 0; row < span.rows; row++) {
      const Floats centered = load(at + row * span.stride) - mean;
      variance += centered * centered;
    }
    variance *= share;
    const Floats factor = 1.0f / square_root(variance + epsilon);
    store(inverse + column, factor);
    for (int row = 0; row < span.rows; row++)
      store(at + row * span.stride, (load(at + row * span.stride) - mean) * factor);
    const Floats old_mean = load(running_mean + column);
    const Floats old_variance = load(running_variance + column);
    store(running_mean + column, old_mean + (mean - old_mean) * (1.0f - momentum));
    store(running_variance + column,
          old_variance + (variance - old_variance) * (1.0f - momentum));
  }
}

// By the running statistics: how prediction does it.
static void normalize_fixed(const Span& span, float epsilon, float* z, const float* mean,
                            const float* variance) {
  for (int column = 0; column < span.width; column += kWidth) {
    const Floats factor = 1.0f / square_root(load(variance + column) + epsilon);
    const Floats center = load(mean + column);
    for (int row = 0; row < span.rows; row++) {
      float* at = z + row * span.stride + column;
      store(at, (load(at) - center) * factor);
    }
  }
}

// `gradient` becomes that of the linear layer's output. A batch is never taken in parts here.
static void normalize_batch_backward(const Span& span, const float* normal, const float* inverse,
                                     const float* scale, float* gradient, float* scale_gradient,
                                     float* shift_gradient) {
  add_columns(span, gradient, shift_gradient, true);
  add_columns_of_product(span, gradient, normal, scale_gradient, true);
  const float share = 1.0f / (float)span.rows;
  for_each(span, [&](int64_t at, int column) {
    const Floats centered = load(gradient + at) - load(shift_gradient + column) * share -
                            load(normal + at) * (load(scale_gradient + column) * share);
    store(gradient + at, centered * (load(scale + column) * load(inverse + column)));
  });
}

static void normalize_layer(const Span& span, float epsilon, float* z, float* inverse) {
  const float share = 1.0f / (float)span.units;
  for (int row = 0; row < span.rows; row++) {
    float* at = z + row * span.stride;
    Floats sum{}, squares{};
    for (int column = 0; column < span.width; column += kWidth) sum += load(at + column);
    const float mean = sum_of(sum) * share;
    for (int column = 0; column < span.width; column += kWidth) {
      const Floats centered = (load(at + column) - mean) * present(span, column);
      squares += centered * centered;
      store(at + column, centered);
    }
    const float factor = 1.0f / __builtin_sqrtf(sum_of(squares) * share + epsilon);
    for (int column = 0; column < span.width; column += kWidth)
      store(at + column, load(at + column) * factor);
    inverse[row] = factor;
  }
}

static void normalize_layer_backward(const Span& span, const float* normal, const float* inverse,
                                     const float* scale, float* gradient, float* scale_gradient,
                                     float* shift_gradient, bool fresh) {
  add_columns(span, gradient, shift_gradient, fresh);
  add_columns_of_product(span, gradient, normal, scale_gradient, fresh);
  const float share = 1.0f / (float)span.units;
  for (int row = 0; row < span.rows; row++) {
    float* at = gradient + row * span.stride;
    const float* x = normal + row * span.stride;
    Floats sum{}, along{};
    for (int column = 0; column < span.width; column += kWidth) {
      const Floats g = load(at + column) * load(scale + column);
      sum += g;
      along += g * load(x + column);
      store(at + column, g);
    }
    const float mean = sum_of(sum) * share, part = sum_of(along) * share;
    for (int column = 0; column < span.width; column += kWidth) {
      const Floats centered = load(at + column) - mean - load(x + column) * part;
      store(at + column, centered * present(span, column) * inverse[row]);
    }
  }
}

// ---- Dropout, from a stream per lane, so that a lane's masks don't depend on its neighbours.

INLINE Words rotate(Words x, int by) { return x << by | x >> (32 - by); }

// xoshiro128++ (Blackman and Vigna 2019), 16 streams side by side.
INLINE Words next_words(uint32_t* state, int part) {
  Words s[4];
  for (int i = 0; i < 4; i++) memcpy(&s[i], state + i * kUnit + part, sizeof(Words));
  const Words result = rotate(s[0] + s[3], 7) + s[0];
  const Words t = s[1] << 9;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate(s[3], 11);
  for (int i = 0; i < 4; i++) memcpy(state + i * kUnit + part, &s[i], sizeof(Words));
  return result;
}

// `mask` becomes 0 at `rate`, and 1 / (1 - rate) elsewhere.
static void draw_mask(const Span& span, float rate, uint32_t* state, float* mask) {
  const uint32_t limit = (uint32_t)((double)rate * 4294967296.0);
  const Floats kept = fill(1.0f / (1.0f - rate));
  for_each(span, [&](int64_t at, int column) {
    const Words words = next_words(state, column % kUnit);
    store(mask + at, select((Ints)(words >= limit), kept, Floats{}));
  });
}
