// What a lane is, as Python lays it out (records.py mirrors these structures).
#pragma once

#include <stdint.h>

enum Activation { kRelu, kTanh, kGelu, kSilu, kElu, kSigmoid };
enum Norm { kNoNorm, kBatchNorm, kLayerNorm };
enum Optimizer { kSgd, kAdam, kAdamW, kRmsProp };
enum Task { kClassification, kRegression };

// A hidden layer, or, as the last of its lane, the output. Offsets count floats from the lane's
// `values`: weights are panels (product.h), everything else is a row of `padded(units)`.
struct Layer {
  int32_t inputs, units;
  int64_t weight, bias, scale, shift;  // scale and shift: of a norm only.
  int64_t mean, variance;              // Running statistics: of a batch norm only.
  int64_t end;                         // Where the next layer begins.
};

struct Lane {
  const Layer* layers;
  int32_t n_layers;  // The output included.
  int32_t activation, norm, residual, optimizer, task;
  int32_t batch;
  float dropout, momentum, decay;
  float statistics_momentum, norm_epsilon;
  const float* rates;          // The learning rate of each step of this epoch.
  const float* class_weights;  // Null: all 1.
  float* values;
  float* first;   // Moments, laid out as `values`.
  float* second;
  int64_t trained;       // Floats of `values` that are trained; running statistics follow.
  uint64_t seed;         // Of the order of rows.
  uint32_t random[64];   // Of dropout: four words of state for each of 16 streams.
  int64_t steps;         // Since training began.
  int64_t position;      // Rows seen in this epoch.
  double loss;           // Summed over them; in an evaluation, over the rows evaluated.
  int64_t hits;          // Rows classified right in an evaluation.
  float* outputs;        // Where an evaluation leaves them, [rows, units]; null: nowhere.
};

// Features [rows, inputs], and classes [rows] or, for a regression, values [rows].
struct Table {
  const float* features;
  const int64_t* classes;
  const float* values;
  int64_t rows;
  int32_t inputs;
};
