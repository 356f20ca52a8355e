// Forward and backward passes of one lane on one part of a batch, in a workspace of the thread.
#pragma once

#include "losses.h"

constexpr int kRowsAtOnce = 128;

// More than this many rows are taken in parts, whose gradients add up, so that the activations stay
// in the core's cache; batch norm alone must see its whole batch.
INLINE int part_rows(const Lane& lane) {
  return lane.norm == kBatchNorm || lane.batch < kRowsAtOnce ? lane.batch : kRowsAtOnce;
}

// One hidden layer's buffers, [part_rows, row_stride(units)] each; null where there is no use.
struct Buffers {
  float *normal, *inverse, *input, *out, *mask, *sum;
  const float* result;  // What the next layer reads: sum, or out.
  int64_t stride;
  bool is_residual;
};

constexpr int kMostLayers = 17;

struct Workspace {
  Buffers hidden[kMostLayers];
  float *features, *outputs, *gradients, *transposed;
  float* flow[3];  // Gradients of activations, [part_rows, widest stride].
  int64_t* rows;
  int64_t* classes;
  float* values;
};

// Carves the lane's buffers, for `rows` rows at once, out of `memory`; returns how many floats they
// take. Null: only counts.
static int64_t lay_out(const Lane& lane, int64_t rows, float* memory, Workspace* w) {
  int64_t used = 0;
  auto take = [&](int64_t count) {
    float* at = memory ? memory + used : nullptr;
    used += (count + kUnit - 1) & -(int64_t)kUnit;
    return at;
  };
  const int hidden = lane.n_layers - 1;
  int64_t widest = row_stride(lane.layers[hidden].units), largest = 0;
  w->features = take(rows * row_stride(lane.layers[0].inputs));
  for (int i = 0; i < hidden; i++) {
    const Layer& layer = lane.layers[i];
    Buffers& b = w->hidden[i];
    b.stride = row_stride(layer.units);
    const int64_t size = rows * b.stride;
    b.is_residual = lane.residual && layer.inputs == layer.units;
    b.normal = lane.norm != kNoNorm ? take(size) : nullptr;
    b.inverse = lane.norm != kNoNorm ? take(rows > layer.units ? rows : padded(layer.units)) : nullptr;
    b.input = keeps_input(lane.activation) ? take(size) : nullptr;
    b.out = take(size);
    const bool drops = lane.dropout > 0.0f;
    b.mask = drops ? take(size) : nullptr;
    b.sum = drops || b.is_residual ? take(size) : nullptr;
    b.result = b.sum ? b.sum : b.out;
    if (b.stride > widest) widest = b.stride;
  }
  for (int i = 1; i < lane.n_layers; i++) {
    const int64_t size = (int64_t)lane.layers[i].units * padded(lane.layers[i].inputs);
    if (size > largest) largest = size;
  }
  w->outputs = take(rows * row_stride(lane.layers[hidden].units));
  w->gradients = take(lane.trained);
  w->transposed = take(largest);
  for (float*& flow : w->flow) flow = take(rows * widest);
  w->rows = (int64_t*)take(2 * lane.batch);
  w->classes = (int64_t*)take(2 * rows);
  w->values = take(rows);
  return used;
}

INLINE Right panels_of(const float* weights, int depth) {
  return {weights, (int64_t)depth * kPanel, 0};
}

static void linear(const Lane& lane, const Layer& layer, int rows, Left in, float* out,
                   Finish finish) {
  multiply(rows, padded(layer.units), layer.inputs, in,
           panels_of(lane.values + layer.weight, layer.inputs),
           {out, kPanel, row_stride(layer.units)}, {lane.values + layer.bias, kPanel, 0}, finish);
}

// sum = out * mask + in; a null mask is 1, a null `in` is 0.
static void drop_and_add(const Span& span, const float* out, const float* mask, const Left* in,
                         float* sum) {
  for (int row = 0; row < span.rows; row++) {
    for (int column = 0; column < span.width; column += kWidth) {
      const int64_t at = row * span.stride + column;
      Floats value = load(out + at);
      if (mask) value *= load(mask + at);
      if (in) {
        const float* from = in->at + row * in->row_step + column;
        if (column + kWidth <= span.units) {
          value += load(from);
        } else {
          // The table's own rows, in an evaluation, end where their features end.
          for (int k = 0; k < kWidth && column + k < span.units; k++) value[k] += from[k];
        }
      }
      store(sum + at, value);
    }
  }
}

// Fills the hidden layers' buffers and the outputs. `in` are the rows' features.
static void forward(Lane& lane, Workspace& w, int rows, Left in, bool is_training) {
  for (int i = 0; i < lane.n_layers - 1; i++) {
    const Layer& layer = lane.layers[i];
    Buffers& b = w.hidden[i];
    const Span span = {rows, layer.units, padded(layer.units), b.stride};
    float* input = b.input ? b.input : b.out;
    float* z = b.normal ? b.normal : input;
    const bool rectified = lane.activation == kRelu && !b.normal;
    linear(lane, layer, rows, in, z, rectified ? kRectify : kPlain);
    if (b.normal) {
      float* v = lane.values;
      if (lane.norm == kLayerNorm)
        normalize_layer(span, lane.norm_epsilon, z, b.inverse);
      else if (is_training)
        normalize_batch(span, lane.statistics_momentum, lane.norm_epsilon, z, v + layer.mean,
                        v + layer.variance, b.inverse);
      else
        normalize_fixed(span, lane.norm_epsilon, z, v + layer.mean, v + layer.variance);
      scale_and_shift(span, z, v + layer.scale, v + layer.shift, input);
    }
    if (!rectified) activate_rows(lane.activation, span, input, b.out);
    if (b.sum) {
      const bool drops = b.mask && is_training;
      if (drops) draw_mask(span, lane.dropout, lane.random, b.mask);
      drop_and_add(span, b.out, drops ? b.mask : nullptr, b.is_residual ? &in : nullptr, b.sum);
    }
    in = {b.result, b.stride, 1};
  }
  linear(lane, lane.layers[lane.n_layers - 1], rows, in, w.outputs, kPlain);
}

// The weights' gradient, added to that of the batch's earlier parts unless `fresh`; `flow`
// [rows, stride] is that of the layer's output.
static void linear_backward(Workspace& w, const Layer& layer, const Span& span, const float* in,
                            int64_t in_stride, const float* flow, bool fresh) {
  float* gradients = w.gradients + layer.weight;
  const int64_t panel = (int64_t)layer.inputs * kPanel;
  // Every row of a panel begins where its sums have got to.
  for (int column = 0; column < span.width; column += kPanel) {
    const int width = span.width - column < kPanel ? kUnit : kPanel;
    float* at = gradients + column / kPanel * panel;
    multiply(layer.inputs, width, span.rows, {in, 1, in_stride}, {flow + column, 0, span.stride},
             {at, 0, width}, {fresh ? nullptr : at, 0, width});
  }
}

// `fresh`: this is the first part of its batch.
static void backward(const Lane& lane, Workspace& w, int rows, bool fresh) {
  const int last = lane.n_layers - 1;
  bool is_gated = false;  // Whether the activation's part is in `flow` already.
  const float* flow = w.outputs;
  const float* above = nullptr;  // The gradient that a residual connection passes down.
  float* flows[3] = {w.flow[0], w.flow[1], w.flow[2]};
  for (int i = last; i >= 0; i--) {
    const Layer& layer = lane.layers[i];
    const Span span = {rows, layer.units, padded(layer.units), row_stride(layer.units)};
    if (i < last) {
      Buffers& b = w.hidden[i];
      above = b.is_residual ? flow : nullptr;
      float* to = flows[1];
      if (b.mask) {
        for_each(span, [&](int64_t at, int) { store(to + at, load(flow + at) * load(b.mask + at)); });
        flow = to;
      }
      if (!is_gated) {
        activate_backward(lane.activation, span, b.input, b.out, flow, to);
        flow = to;
      }
      if (b.normal) {
        float* z = (float*)flow;  // In one of the flows.
        const float* scale = lane.values + layer.scale;
        float *scale_gradient = w.gradients + layer.scale, *shift = w.gradients + layer.shift;
        if (lane.norm == kLayerNorm)
          normalize_layer_backward(span, b.normal, b.inverse, scale, z, scale_gradient, shift,
                                   fresh);
        else
          normalize_batch_backward(span, b.normal, b.inverse, scale, z, scale_gradient, shift);
      }
    }
    // Batch norm takes a bias out again, so its gradient is 0 but for rounding, which Adam would
    // blow up to steps of full size.
    if (i == last || lane.norm != kBatchNorm)
      add_columns(span, flow, w.gradients + layer.bias, fresh);
    else
      memset(w.gradients + layer.bias, 0, (size_t)span.width * 4);
    const float* in = i ? w.hidden[i - 1].result : w.features;
    linear_backward(w, layer, span, in, row_stride(layer.inputs), flow, fresh);
    if (i == 0) return;
    transpose(layer.inputs, layer.units, lane.values + layer.weight, w.transposed);
    float* down = flows[2];
    const Buffers& below = w.hidden[i - 1];
    // Then nothing lies between the activation below and this layer.
    is_gated = lane.activation == kRelu && below.result == below.out;
    multiply(rows, padded(layer.inputs), layer.units, {flow, span.stride, 1},
             panels_of(w.transposed, layer.units), {down, kPanel, row_stride(layer.inputs)},
             {above, kPanel, row_stride(layer.inputs)}, is_gated ? kGate : kPlain, below.out);
    // What was read last is free: the next layer's gradient comes from `down`.
    flows[2] = flows[0];
    flows[0] = down;
    flow = down;
    above = nullptr;
  }
}
