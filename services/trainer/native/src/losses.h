// Losses of a lane's outputs, [rows, stride] with `width` floats in use.
#pragma once

#include "units.h"


// As many rows as a register has elements, so that sums over a row's units take few steps.
struct Rows {
  const Span& span;
  int first, count;
  float tops[kWidth], wanted[kWidth];

  Rows(const Span& span, int first, const float* logits, const int64_t* classes)
      : span(span), first(first), count(span.rows - first < kWidth ? span.rows - first : kWidth) {
    Floats highs[kWidth] = {};
    for (int i = 0; i < count; i++) {
      const float* at = logits + (first + i) * span.stride;
      Floats high = fill(-__builtin_inff());
      for (int column = 0; column < span.width; column += kWidth)
        high = maximum(high, select(present(span, column) > 0.0f, load(at + column), high));
      highs[i] = high;
      wanted[i] = at[classes[first + i]];
    }
    for (int i = count; i < kWidth; i++) wanted[i] = 0.0f;
    store(tops, combine_each(highs, [](Floats a, Floats b) { return maximum(a, b); }));
  }

  // The sums of the exponentials, which go to `to` if that is not null.
  Floats exponentials(const float* logits, float* to) const {
    Floats sums[kWidth] = {};
    for (int i = 0; i < count; i++) {
      const int64_t at = (first + i) * span.stride;
      for (int column = 0; column < span.width; column += kWidth) {
        const Floats e =
            exponential(load(logits + at + column) - tops[i]) * present(span, column);
        sums[i] += e;
        if (to) store(to + at + column, e);
      }
    }
    for (int i = count; i < kWidth; i++) sums[i] = fill(1.0f / kWidth);
    return combine_each(sums, [](Floats a, Floats b) { return a + b; });
  }

  // Of each row; 0 past the last one.
  Floats losses(Floats sums) const { return logarithm(sums) + load(tops) - load(wanted); }
};

// Mean cross-entropy's gradient in place of the logits; returns the weighted losses' sum. `weights`
// [outputs] of the classes may be null. `batch` is what the mean is over.
static double classes_backward(const Span& span, float* logits, const int64_t* classes,
                               const float* weights, int batch) {
  double loss = 0.0;
  const float share = 1.0f / (float)batch;
  for (int first = 0; first < span.rows; first += kWidth) {
    const Rows rows(span, first, logits, classes);
    float factors[kWidth] = {}, parts[kWidth];
    for (int i = 0; i < rows.count; i++) factors[i] = weights ? weights[classes[first + i]] : 1.0f;
    const Floats sums = rows.exponentials(logits, logits), weight = load(factors);
    loss += (double)sum_of(rows.losses(sums) * weight);
    store(parts, weight * share / sums);
    for (int i = 0; i < rows.count; i++) {
      float* at = logits + (first + i) * span.stride;
      for (int column = 0; column < span.width; column += kWidth)
        store(at + column, load(at + column) * parts[i]);
      at[classes[first + i]] -= factors[i] * share;
    }
  }
  return loss;
}

// Mean squared error's, of outputs of one unit.
static double values_backward(const Span& span, float* outputs, const float* values, int batch) {
  double loss = 0.0;
  for (int row = 0; row < span.rows; row++) {
    float* at = outputs + row * span.stride;
    const float error = at[0] - values[row];
    loss += (double)error * (double)error;
    at[0] = error * (2.0f / (float)batch);
  }
  return loss;
}

// The losses' sum and the number of rows classified right; of equal logits the first one counts.
static double classes_loss(const Span& span, const float* logits, const int64_t* classes,
                           int64_t* hits) {
  double loss = 0.0;
  for (int first = 0; first < span.rows; first += kWidth) {
    const Rows rows(span, first, logits, classes);
    for (int i = 0; i < rows.count; i++) {
      const float* at = logits + (first + i) * span.stride;
      bool is_first = rows.wanted[i] == rows.tops[i];
      for (int64_t k = 0; is_first && k < classes[first + i]; k++) is_first = at[k] < rows.tops[i];
      *hits += is_first;
    }
    loss += (double)sum_of(rows.losses(rows.exponentials(logits, nullptr)));
  }
  return loss;
}

static double values_loss(const Span& span, const float* outputs, const float* values) {
  double loss = 0.0;
  for (int row = 0; row < span.rows; row++) {
    const double error = (double)outputs[row * span.stride] - (double)values[row];
    loss += error * error;
  }
  return loss;
}
