// The order in which an epoch visits the rows: a function of seed, epoch and number of rows. Any part
// of it can be had without the rest, so that no lane keeps one. initial.py defines it.
#pragma once

#include "vector.h"

constexpr int64_t kBlock = 4096, kChunk = 64 * kBlock;
constexpr int kRounds = 6;

INLINE uint64_t splitmix(uint64_t x) {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

// A bijection of 0 .. count - 1: a Feistel network over the next power of two, walked until the
// value lies in the range (Black and Rogaway 2002).
struct Permutation {
  uint32_t count, low_bits, low_mask, high_mask;
  uint32_t keys[kRounds];
};

static Permutation make_permutation(uint64_t seed, uint64_t epoch, uint64_t chunk, int64_t count) {
  Permutation p;
  const int bits = count > 4 ? 64 - __builtin_clzll((uint64_t)count - 1) : 2;
  p.count = (uint32_t)count;
  p.low_bits = (uint32_t)(bits - bits / 2);
  p.low_mask = (1u << p.low_bits) - 1;
  p.high_mask = (1u << (bits / 2)) - 1;
  uint64_t state = splitmix(splitmix(splitmix(seed) ^ epoch) ^ chunk);
  for (int i = 0; i < kRounds; i++) {
    state = splitmix(state);
    p.keys[i] = (uint32_t)state;
  }
  return p;
}

INLINE Words scramble(Words x, uint32_t key) {  // MurmurHash3's finalizer.
  x = (x ^ key) * 0x85ebca6bu;
  x = (x ^ (x >> 13)) * 0xc2b2ae35u;
  return x ^ (x >> 16);
}

// Several registers of values at a time, for each waits long for its own multiplications.
constexpr int kGroup = 4;
struct Group {
  Words parts[kGroup];
};

INLINE Group permute_once(const Permutation& p, const Group& x) {
  Words high[kGroup], low[kGroup];
  for (int g = 0; g < kGroup; g++) {
    high[g] = x.parts[g] >> p.low_bits;
    low[g] = x.parts[g] & p.low_mask;
  }
  for (int i = 0; i < kRounds; i += 2) {
    for (int g = 0; g < kGroup; g++) high[g] ^= scramble(low[g], p.keys[i]) & p.high_mask;
    for (int g = 0; g < kGroup; g++) low[g] ^= scramble(high[g], p.keys[i + 1]) & p.low_mask;
  }
  Group y;
  for (int g = 0; g < kGroup; g++) y.parts[g] = high[g] << p.low_bits | low[g];
  return y;
}

INLINE void permute(const Permutation& p, Group& x) {
  x = permute_once(p, x);
  for (;;) {
    Words outside[kGroup], all{};
    for (int g = 0; g < kGroup; g++) {
      outside[g] = (Words)(x.parts[g] >= p.count);
      all |= outside[g];
    }
    if (!any((Ints)all)) return;
    const Group next = permute_once(p, x);
    for (int g = 0; g < kGroup; g++)
      x.parts[g] = (outside[g] & next.parts[g]) | (~outside[g] & x.parts[g]);
  }
}

// Sets out[i] to the permuted start + i.
static void permute_range(const Permutation& p, int64_t start, int64_t count, int64_t* out) {
  constexpr int most = kGroup * kWidth;
  for (int64_t done = 0; done < count; done += most) {
    uint32_t places[most];
    // Past the end a place is taken that exists.
    const int64_t last = start + count - 1;
    for (int i = 0; i < most; i++)
      places[i] = (uint32_t)(start + done + i < last ? start + done + i : last);
    Group x;
    memcpy(&x, places, sizeof(x));
    permute(p, x);
    memcpy(places, &x, sizeof(x));
    const int64_t many = count - done < most ? count - done : most;
    for (int i = 0; i < many; i++) out[done + i] = places[i];
  }
}

// The rows at places `start` to `start + count - 1` of an epoch's order.
static void order_rows(uint64_t seed, uint64_t epoch, int64_t rows, int64_t start, int64_t count,
                       int64_t* out) {
  const int64_t full_blocks = rows / kBlock;
  const Permutation blocks = make_permutation(0, epoch, ~0ull, full_blocks ? full_blocks : 1);
  for (int64_t done = 0; done < count;) {
    const int64_t chunk = (start + done) / kChunk, first = chunk * kChunk;
    const int64_t size = rows - first < kChunk ? rows - first : kChunk;
    const int64_t offset = start + done - first;
    const int64_t many = count - done < size - offset ? count - done : size - offset;
    const Permutation within = make_permutation(seed, epoch, (uint64_t)chunk, size);
    permute_range(within, offset, many, out + done);
    if (rows > kChunk) {
      int64_t taken[kChunk / kBlock];
      const int64_t first_block = first / kBlock, left = full_blocks - first_block;
      const int64_t in_chunk = left < kChunk / kBlock ? left : kChunk / kBlock;
      permute_range(blocks, first_block, in_chunk, taken);
      // A block that is not full comes last, of the table and of the order.
      if (in_chunk < kChunk / kBlock) taken[in_chunk] = full_blocks;
      for (int64_t i = done; i < done + many; i++)
        out[i] = taken[out[i] / kBlock] * kBlock + out[i] % kBlock;
    }
    done += many;
  }
}
