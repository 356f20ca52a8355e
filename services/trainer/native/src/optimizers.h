// One optimizer step of one lane. Formulas and constants are Keras 3's, so that engines agree.
#pragma once

#include <math.h>

#include "lane.h"
#include "vector.h"

// Below it a square's root vanishes beside epsilon, and an estimate would overflow.
constexpr float kLeastSquare = 1e-30f;
constexpr float kBeta1 = 0.9f, kBeta2 = 0.999f, kRho = 0.9f, kEpsilon = 1e-7f;

struct Update {
  float rate, penalty, shrink, momentum, correction;
};

template <int optimizer>
INLINE void update_piece(const Update& u, int64_t count, float* values, const float* gradients,
                         float* first, float* second) {
  for (int64_t i = 0; i < count; i += kWidth) {
    Floats value = load(values + i), gradient = load(gradients + i);
    gradient += value * u.penalty;
    value *= u.shrink;
    if constexpr (optimizer == kSgd) {
      const Floats velocity = load(first + i) * u.momentum - gradient * u.rate;
      store(first + i, velocity);
      value += velocity;
    } else {
      constexpr float decay = optimizer == kRmsProp ? kRho : kBeta2;
      const Floats square = load(second + i) * decay + gradient * gradient * (1.0f - decay);
      store(second + i, square);
      if constexpr (optimizer == kRmsProp) {
        value -= gradient * u.rate * inverse_root(square + kEpsilon);
      } else {
        Floats mean = load(first + i);
        mean += (gradient - mean) * (1.0f - kBeta1);
        store(first + i, mean);
        const Floats root = square * inverse_root(maximum(square, fill(kLeastSquare)));
        value -= mean * (u.rate * u.correction) * inverse(root + kEpsilon);
      }
    }
    store(values + i, value);
  }
}

static void update_range(const Lane& lane, const Update& u, const float* gradients, int64_t start,
                         int64_t stop) {
  float* values = lane.values + start;
  float *first = lane.first + start, *second = lane.second + start;
  const int64_t count = stop - start;
  switch (lane.optimizer) {
    case kSgd: return update_piece<kSgd>(u, count, values, gradients + start, first, second);
    case kAdam:
    case kAdamW: return update_piece<kAdam>(u, count, values, gradients + start, first, second);
    case kRmsProp: return update_piece<kRmsProp>(u, count, values, gradients + start, first, second);
  }
}

// `lane.steps` counts this one already. Weight decay never touches biases and norms.
static void update(const Lane& lane, float rate, const float* gradients) {
  Update u = {rate, 0.0f, 1.0f, lane.momentum, 1.0f};
  // Kingma and Ba 2015, with the bias correction in the rate, before epsilon.
  const double steps = (double)lane.steps;
  if (lane.optimizer == kAdam || lane.optimizer == kAdamW)
    u.correction = (float)(sqrt(1.0 - pow(0.999, steps)) / (1.0 - pow(0.9, steps)));
  Update weights = u;
  if (lane.optimizer == kAdamW)
    weights.shrink = 1.0f - rate * lane.decay;
  else
    weights.penalty = lane.decay;
  for (int i = 0; i < lane.n_layers; i++) {
    const Layer& layer = lane.layers[i];
    update_range(lane, weights, gradients, layer.weight, layer.bias);
    update_range(lane, u, gradients, layer.bias, layer.end);
  }
}
