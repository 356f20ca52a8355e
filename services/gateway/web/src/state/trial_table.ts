/** A study's trials by number, in pieces that its versions share. */

import type { LiveTrial } from "./fold";

// A change copies a piece, never the table: at 10,000 trials that is 1 % of it.
const PIECE = 128;

type Piece = readonly (LiveTrial | undefined)[];

/** Never changes; iterates by number, from 1. */
export class TrialTable implements ReadonlyMap<number, LiveTrial> {
  constructor(
    private readonly pieces: readonly Piece[],
    readonly size: number,
  ) {}

  static of(trials: Iterable<LiveTrial>): TrialTable {
    const draft = new TrialTableDraft([], 0);
    for (const trial of trials) draft.set(trial);
    return draft.done();
  }

  get(number: number): LiveTrial | undefined {
    return lookUp(this.pieces, number);
  }

  has(number: number): boolean {
    return this.get(number) !== undefined;
  }

  *values(): MapIterator<LiveTrial> {
    for (const piece of this.pieces) {
      for (const trial of piece) if (trial !== undefined) yield trial;
    }
  }

  *keys(): MapIterator<number> {
    for (const { number } of this.values()) yield number;
  }

  *entries(): MapIterator<[number, LiveTrial]> {
    for (const trial of this.values()) yield [trial.number, trial];
  }

  [Symbol.iterator](): MapIterator<[number, LiveTrial]> {
    return this.entries();
  }

  forEach(
    visit: (trial: LiveTrial, number: number, table: ReadonlyMap<number, LiveTrial>) => void,
  ): void {
    for (const trial of this.values()) visit(trial, trial.number, this);
  }

  /** Begins the next version. */
  edit(): TrialTableDraft {
    return new TrialTableDraft([...this.pieces], this.size);
  }
}

/** A version that is being made; the one that it began with stays as it was. */
export class TrialTableDraft {
  private readonly copied = new Map<number, (LiveTrial | undefined)[]>();

  constructor(
    private readonly pieces: Piece[],
    private size: number,
  ) {}

  get(number: number): LiveTrial | undefined {
    return lookUp(this.pieces, number);
  }

  set(trial: LiveTrial): void {
    if (this.get(trial.number) === undefined) this.size += 1;
    const index = Math.floor(trial.number / PIECE);
    this.own(index)[trial.number % PIECE] = trial;
  }

  done(): TrialTable {
    return new TrialTable(this.pieces, this.size);
  }

  private own(index: number): (LiveTrial | undefined)[] {
    const mine = this.copied.get(index);
    if (mine) return mine;
    while (this.pieces.length <= index) this.pieces.push([]);
    const copy = [...(this.pieces[index] ?? [])];
    this.copied.set(index, copy);
    this.pieces[index] = copy;
    return copy;
  }
}

function lookUp(pieces: readonly Piece[], number: number): LiveTrial | undefined {
  return pieces[Math.floor(number / PIECE)]?.[number % PIECE];
}
