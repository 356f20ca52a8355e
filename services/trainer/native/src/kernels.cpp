// Trains lanes one after another, each within the caches of the core that runs this; as many
// threads as call it share the lanes out among them. library.py declares what is exported.

#include "network.h"
#include "optimizers.h"
#include "order.h"

namespace {

// Moments that decay towards 0 become denormal numbers, on which a processor is ten times slower.
class FlushDenormals {
#if defined(__SSE2__)
  unsigned before_ = _mm_getcsr();

 public:
  FlushDenormals() { _mm_setcsr(before_ | 0x8040); }
  ~FlushDenormals() { _mm_setcsr(before_); }
#elif defined(__aarch64__)
  uint64_t before_;

 public:
  FlushDenormals() {
    asm volatile("mrs %0, fpcr" : "=r"(before_));
    asm volatile("msr fpcr, %0" ::"r"(before_ | (1ull << 24)));
  }
  ~FlushDenormals() { asm volatile("msr fpcr, %0" ::"r"(before_)); }
#endif
};

void gather(const Table& table, const Lane& lane, Workspace& w, const int64_t* rows, int count) {
  const int64_t inputs = table.inputs, stride = row_stride(table.inputs);
  // Rows lie anywhere, so they are asked for long before they are needed.
  constexpr int ahead = 16;
  for (int i = 0; i < count; i++) {
    if (i + ahead < count) __builtin_prefetch(table.features + rows[i + ahead] * inputs);
    const float* from = table.features + rows[i] * inputs;
    float* to = w.features + i * stride;
    int64_t done = 0;
    for (; done + kWidth <= inputs; done += kWidth) store(to + done, load(from + done));
    for (; done < inputs; done++) to[done] = from[done];
  }
  for (int i = 0; i < count; i++) {
    if (lane.task == kClassification)
      w.classes[i] = table.classes[rows[i]];
    else
      w.values[i] = table.values[rows[i]];
  }
}

void train_batch(Lane& lane, Workspace& w, const Table& table, uint64_t epoch, int batch) {
  order_rows(lane.seed, epoch, table.rows, lane.position, batch, w.rows);
  const int most = part_rows(lane);
  const Layer& output = lane.layers[lane.n_layers - 1];
  for (int done = 0; done < batch; done += most) {
    const int rows = batch - done < most ? batch - done : most;
    gather(table, lane, w, w.rows + done, rows);
    forward(lane, w, rows, {w.features, row_stride(table.inputs), 1}, true);
    const int64_t stride = row_stride(output.units);
    const Span span = {rows, output.units, padded(output.units), stride};
    lane.loss += lane.task == kClassification
                     ? classes_backward(span, w.outputs, w.classes, lane.class_weights, batch)
                     : values_backward(span, w.outputs, w.values, batch);
    backward(lane, w, rows, done == 0);
  }
  const float rate = lane.rates[lane.position / lane.batch];
  lane.steps++;
  update(lane, rate, w.gradients);
  lane.position += batch;
}

void train_lane(Lane& lane, const Table& table, uint64_t epoch, int64_t until, float* memory) {
  Workspace w;
  lay_out(lane, part_rows(lane), memory, &w);
  while (lane.position < until && lane.position < table.rows) {
    const int64_t left = table.rows - lane.position;
    train_batch(lane, w, table, epoch, (int)(left < lane.batch ? left : lane.batch));
  }
}

void keep_outputs(const Span& span, const float* outputs, float* to) {
  for (int row = 0; row < span.rows; row++)
    memcpy(to + (int64_t)row * span.units, outputs + row * span.stride, (size_t)span.units * 4);
}

void evaluate_lane(Lane& lane, const Table& table, int64_t start, int64_t stop, float* memory) {
  Workspace w;
  lay_out(lane, kRowsAtOnce, memory, &w);
  const Layer& output = lane.layers[lane.n_layers - 1];
  const int64_t most = kRowsAtOnce;
  for (int64_t at = start; at < stop; at += most) {
    const int rows = (int)(stop - at < most ? stop - at : most);
    forward(lane, w, rows, {table.features + at * table.inputs, table.inputs, 1}, false);
    const Span span = {rows, output.units, padded(output.units), row_stride(output.units)};
    lane.loss += lane.task == kClassification
                     ? classes_loss(span, w.outputs, table.classes + at, &lane.hits)
                     : values_loss(span, w.outputs, table.values + at);
    if (lane.outputs) keep_outputs(span, w.outputs, lane.outputs + at * output.units);
  }
}

}  // namespace

extern "C" {

int64_t layerlab_workspace_floats(const Lane* lane) {
  Workspace w;
  const int64_t training = lay_out(*lane, part_rows(*lane), nullptr, &w);
  const int64_t evaluation = lay_out(*lane, kRowsAtOnce, nullptr, &w);
  return training > evaluation ? training : evaluation;
}

// Takes lanes, by `next`, until there are no more, and trains each up to row `until` of the epoch.
void layerlab_train(Lane* lanes, int64_t count, int64_t* next, const Table* table, uint64_t epoch,
                    int64_t until, float* workspace) {
  FlushDenormals flush;
  for (;;) {
    const int64_t i = __atomic_fetch_add(next, 1, __ATOMIC_RELAXED);
    if (i >= count) return;
    train_lane(lanes[i], *table, epoch, until, workspace);
  }
}

// Adds to each lane's `loss` and `hits` those of rows `start` to `stop - 1`.
void layerlab_evaluate(Lane* lanes, int64_t count, int64_t* next, const Table* table, int64_t start,
                       int64_t stop, float* workspace) {
  FlushDenormals flush;
  for (;;) {
    const int64_t i = __atomic_fetch_add(next, 1, __ATOMIC_RELAXED);
    if (i >= count) return;
    evaluate_lane(lanes[i], *table, start, stop, workspace);
  }
}

const char* layerlab_compiler() {
#if defined(__clang__)
  return __VERSION__;
#else
  return "GCC " __VERSION__;
#endif
}

void layerlab_order(uint64_t seed, uint64_t epoch, int64_t rows, int64_t start, int64_t count,
                    int64_t* out) {
  order_rows(seed, epoch, rows, start, count, out);
}
}
