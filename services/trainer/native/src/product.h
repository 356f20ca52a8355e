// Matrix products of the sizes that a lane has: its operands lie in the core's own caches.
//
// Weights are stored in panels of 32 columns: panel p of a [depth, columns] matrix holds its columns
// 32 p to 32 p + 31 as [depth, 32]; the last panel has 16 columns where that is enough. So the inner
// loop reads one stream, and every result is one chain of fused multiply-adds in the order of
// `depth`: it depends neither on the tile it was computed in nor on the processor.
#pragma once

#include "vector.h"

constexpr int kPanel = 32, kUnit = 16;

// Widths are rounded up to 16 units: a cache line. What is added stays 0.
INLINE int padded(int units) { return (units + kUnit - 1) & -kUnit; }

// Floats from one row of activations to the next: an odd number of cache lines, so that a column
// of them spreads over all sets of a cache.
INLINE int row_stride(int units) { return padded(units) | kUnit; }

// As many sums as the processor has registers for, and a few of those left for the operands.
#if WIDTH == 16
constexpr int kTileVectors = 2, kTileRows = 12;
#elif WIDTH == 8
constexpr int kTileVectors = 2, kTileRows = 6;
#elif defined(__aarch64__)
constexpr int kTileVectors = 4, kTileRows = 6;
#else
constexpr int kTileVectors = 2, kTileRows = 6;
#endif

// The left operand: element (row, depth) is at[row * row_step + depth * depth_step].
struct Left {
  const float* at;
  int64_t row_step, depth_step;
};
// The right operand, [depth, columns]: columns 32 p on are at[p * panel_step], `stride` apart by
// depth; a stride of 0 stands for the panel's own width.
struct Right {
  const float* at;
  int64_t panel_step, stride;
};
struct Result {
  float* at;
  int64_t panel_step, stride;
};
// What the sums start from: nothing, a row (a bias), or a matrix (`stride` apart by row).
struct Start {
  const float* at;
  int64_t panel_step, stride;
};
// What becomes of the sums while they are in registers. kGate keeps those whose place in `gate`, laid
// out like the result, is positive: the backward pass of relu.
enum Finish { kPlain, kRectify, kGate };

template <int rows, int vectors>
INLINE void multiply_tile(int depth, Left a, const float* b, int64_t b_stride, float* c,
                          int64_t c_stride, const float* start, int64_t start_stride,
                          Finish finish, const float* gate) {
  Floats sums[rows][vectors];
  UNROLL for (int i = 0; i < rows; i++) {
    UNROLL for (int j = 0; j < vectors; j++) {
      sums[i][j] = start ? load(start + i * start_stride + j * kWidth) : Floats{};
    }
  }
  for (int k = 0; k < depth; k++) {
    Floats right[vectors];
    UNROLL for (int j = 0; j < vectors; j++) right[j] = load(b + j * kWidth);
    UNROLL for (int i = 0; i < rows; i++) {
      const Floats left = fill(a.at[i * a.row_step]);
      UNROLL for (int j = 0; j < vectors; j++) sums[i][j] += left * right[j];
    }
    a.at += a.depth_step;
    b += b_stride;
  }
  if (finish == kRectify) {
    UNROLL for (int i = 0; i < rows; i++) {
      UNROLL for (int j = 0; j < vectors; j++) sums[i][j] = maximum(sums[i][j], Floats{});
    }
  } else if (finish == kGate) {
    UNROLL for (int i = 0; i < rows; i++) {
      UNROLL for (int j = 0; j < vectors; j++) {
        const Ints is_open = load(gate + i * c_stride + j * kWidth) > 0.0f;
        sums[i][j] = select(is_open, sums[i][j], Floats{});
      }
    }
  }
  UNROLL for (int i = 0; i < rows; i++) {
    UNROLL for (int j = 0; j < vectors; j++) store(c + i * c_stride + j * kWidth, sums[i][j]);
  }
}

template <int vectors>
static __attribute__((noinline)) void multiply_rows(int rows, int depth, Left a, const float* b,
                                                    int64_t b_stride, float* c, int64_t c_stride,
                                                    const float* start, int64_t start_stride,
                                                    Finish finish, const float* gate) {
  switch (rows) {
#define TILE(n)                                                                                \
  case n:                                                                                     \
    return multiply_tile<n, vectors>(depth, a, b, b_stride, c, c_stride, start, start_stride,  \
                                     finish, gate);
    TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6)
#if WIDTH == 16
    TILE(7) TILE(8) TILE(9) TILE(10) TILE(11) TILE(12)
#endif
#undef TILE
  }
}

// c = start + a @ b, [rows, columns], finished; `columns` is a multiple of 16.
static void multiply(int rows, int columns, int depth, Left a, Right b, Result c, Start start,
                     Finish finish = kPlain, const float* gate = nullptr) {
  const int tiles = (rows + kTileRows - 1) / kTileRows;
  for (int column = 0; column < columns; column += kPanel) {
    const int panel = column / kPanel, width = columns - column < kPanel ? kUnit : kPanel;
    const int64_t b_stride = b.stride ? b.stride : width, c_stride = c.stride ? c.stride : width;
    const int64_t s_stride = start.stride;
    for (int tile = 0; tile < tiles; tile++) {
      // Tiles of nearly equal height, for a low one costs nearly as much as a high one.
      const int first = (int)((int64_t)rows * tile / tiles);
      const int many = (int)((int64_t)rows * (tile + 1) / tiles) - first;
      const Left left = {a.at + first * a.row_step, a.row_step, a.depth_step};
      for (int at = 0; at < width; at += kTileVectors * kWidth) {
        const float* right = b.at + panel * b.panel_step + at;
        float* to = c.at + panel * c.panel_step + first * c_stride + at;
        const float* from =
            start.at ? start.at + panel * start.panel_step + first * s_stride + at : nullptr;
        const float* open = finish == kGate ? gate + (to - c.at) : nullptr;
        if (kTileVectors * kWidth > width)
          multiply_rows<1>(many, depth, left, right, b_stride, to, c_stride, from, s_stride, finish,
                           open);
        else
          multiply_rows<kTileVectors>(many, depth, left, right, b_stride, to, c_stride, from,
                                      s_stride, finish, open);
      }
    }
  }
}

#define EXCHANGE_BLOCKS(from, to, d)                \
  UNROLL for (int i = 0; i < kWidth; i++) {         \
    if (i & (d)) continue;                          \
    to[i] = LOW(from[i], from[i + (d)], d);         \
    to[i + (d)] = HIGH(from[i], from[i + (d)], d);  \
  }

// A square of as many floats as a register has: halves are exchanged, then quarters, and so on.
INLINE void transpose_block(const float* from, int64_t from_stride, float* to, int64_t to_stride) {
  Floats a[kWidth], b[kWidth];
  UNROLL for (int i = 0; i < kWidth; i++) a[i] = load(from + i * from_stride);
#if WIDTH == 16
  EXCHANGE_BLOCKS(a, b, 8)
  EXCHANGE_BLOCKS(b, a, 4)
#elif WIDTH == 8
  EXCHANGE_BLOCKS(a, b, 4)
  UNROLL for (int i = 0; i < kWidth; i++) a[i] = b[i];
#endif
  EXCHANGE_BLOCKS(a, b, 2)
  EXCHANGE_BLOCKS(b, a, 1)
  UNROLL for (int i = 0; i < kWidth; i++) store(to + i * to_stride, a[i]);
}

// The panels of the transposed matrix, [columns, rows]; its padding is 0.
static void transpose(int rows, int columns, const float* from, float* to) {
  const int wide = padded(columns), high = padded(rows);
  for (int row = 0; row < high; row += kWidth) {
    const int to_panel = row / kPanel;
    const int to_width = high - to_panel * kPanel < kPanel ? kUnit : kPanel;
    float* target = to + (int64_t)to_panel * kPanel * columns + row % kPanel;
    for (int column = 0; column < columns; column += kWidth) {
      const int panel = column / kPanel;
      const int width = wide - panel * kPanel < kPanel ? kUnit : kPanel;
      const float* source =
          from + (int64_t)panel * kPanel * rows + (int64_t)row * width + column % kPanel;
      const int deep = columns - column < kWidth ? columns - column : kWidth;
      if (rows - row >= kWidth && deep == kWidth) {
        transpose_block(source, width, target + (int64_t)column * to_width, to_width);
        continue;
      }
      for (int k = 0; k < deep; k++)
        for (int i = 0; i < kWidth; i++)
          target[(int64_t)(column + k) * to_width + i] =
              row + i < rows ? source[i * width + k] : 0.0f;
    }
  }
}
