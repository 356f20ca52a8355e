// Losses of a lane's outputs, [rows, stride] with `width` floats in use.
#pragma once

#include "units.h"

constexpr int kRowsAtOnce = 128;

// Mean cross-entropy's gradient in place of the logits; returns the weighted losses' sum. `weights`
// [outputs] of the classes may be null. `batch` is what the mean is over.
static double classes_backward(const Span& span, float* logits, const int64_t* classes,
                               const float* weights, int batch) {
  float sums[kRowsAtOnce], rest[kRowsAtOnce], factors[kRowsAtOnce];
  for (int row = 0; row < span.rows; row++) {
    float* at = logits + row * span.stride;
    Floats high = fill(-__builtin_inff()), sum{};
    for (int column = 0; column < span.width; column += kWidth)
      high = maximum(high, select(present(span, column) > 0.0f, load(at + column), high));
    const float top = maximum_of(high);
    const float wanted = at[classes[row]];
    const float weight = weights ? weights[classes[row]] : 1.0f;
    for (int column = 0; column < span.width; column += kWidth) {
      const Floats e = exponential(load(at + column) - top) * present(span, column);
      sum += e;
      store(at + column, e);
    }
    const float total = sum_of(sum), factor = weight / (total * (float)batch);
    for (int column = 0; column < span.width; column += kWidth)
      store(at + column, load(at + column) * factor);
    at[classes[row]] -= weight / (float)batch;
    sums[row] = total;
    rest[row] = top - wanted;
    factors[row] = weight;
  }
  double loss = 0.0;
  for (int row = 0; row < span.rows; row += kWidth) {
    for (int i = row; i < row + kWidth; i++)
      if (i >= span.rows) sums[i] = 1.0f, rest[i] = factors[i] = 0.0f;
    const Floats losses = (logarithm(load(sums + row)) + load(rest + row)) * load(factors + row);
    loss += (double)sum_of(losses);
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
  float sums[kRowsAtOnce], rest[kRowsAtOnce];
  for (int row = 0; row < span.rows; row++) {
    const float* at = logits + row * span.stride;
    const int64_t wanted = classes[row];
    Floats high = fill(-__builtin_inff()), sum{};
    for (int column = 0; column < span.width; column += kWidth)
      high = maximum(high, select(present(span, column) > 0.0f, load(at + column), high));
    const float top = maximum_of(high);
    for (int column = 0; column < span.width; column += kWidth)
      sum += exponential(load(at + column) - top) * present(span, column);
    bool is_first = at[wanted] == top;
    for (int64_t i = 0; is_first && i < wanted; i++) is_first = at[i] < top;
    *hits += is_first;
    sums[row] = sum_of(sum);
    rest[row] = top - at[wanted];
  }
  double loss = 0.0;
  for (int row = 0; row < span.rows; row += kWidth) {
    for (int i = row; i < row + kWidth; i++)
      if (i >= span.rows) sums[i] = 1.0f, rest[i] = 0.0f;
    loss += (double)sum_of(logarithm(load(sums + row)) + load(rest + row));
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
