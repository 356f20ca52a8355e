/** Made-up tables, and a rough idea of what ingest would say of one. */

import Papa from "papaparse";
import type { Column, ColumnKind, Dataset, Sample } from "../api/types";
import { bell, pick, seeded } from "./random";

export const SAMPLES: Sample[] = [
  {
    name: "penguins",
    title: "Palmer penguins",
    description: "Which of three species? Body measures and sex, some of them missing.",
    target: "species",
    task: "classification",
    rows: 344,
    columns: 8,
    source: "palmerpenguins, CC0",
  },
  {
    name: "breast-cancer",
    title: "Breast cancer, Wisconsin",
    description: "Malignant or benign? Thirty measures of cell nuclei.",
    target: "diagnosis",
    task: "classification",
    rows: 569,
    columns: 31,
    source: "UCI, CC BY 4.0",
  },
  {
    name: "diabetes",
    title: "Diabetes progression",
    description: "How far will it go in a year? A number from ten baseline measures.",
    target: "progression",
    task: "regression",
    rows: 442,
    columns: 11,
    source: "Efron et al. 2004",
  },
];

export function sampleCsv(): string {
  const random = seeded(5);
  const lines = [
    "species,island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex,year",
  ];
  const kinds = [
    ["Adelie", 38.8, 18.3, 190, 3700],
    ["Gentoo", 47.5, 15, 217, 5076],
    ["Chinstrap", 48.8, 18.4, 196, 3733],
  ] as const;
  for (let row = 0; row < 344; row += 1) {
    const [species, bill, depth, flipper, mass] = kinds[row < 152 ? 0 : row < 276 ? 1 : 2];
    const missing = row % 61 === 3;
    const values = [
      species,
      pick(random, ["Torgersen", "Biscoe", "Dream"]),
      missing ? "" : (bill + bell(random) * 4).toFixed(1),
      missing ? "" : (depth + bell(random)).toFixed(1),
      missing ? "" : (flipper + bell(random) * 9).toFixed(0),
      missing ? "" : (mass + bell(random) * 500).toFixed(0),
      row % 31 === 5 ? "" : pick(random, ["male", "female"]),
      pick(random, ["2007", "2008", "2009"]),
    ];
    lines.push(values.join(","));
  }
  return `${lines.join("\n")}\n`;
}

export function profile(name: string, text: string): Dataset {
  const [header = [], ...rows] = Papa.parse<string[]>(text.trim()).data;
  const columns = header.map((column, index) =>
    profileColumn(
      column,
      rows.map((row) => row[index] ?? ""),
    ),
  );
  const target = columns.find((column) => column.kind === "category") ?? columns[0];
  return {
    dataset_id: `mock-${text.length}`,
    name,
    rows: rows.length,
    size_bytes: text.length,
    columns,
    suggested_target: target?.name ?? "",
    suggested_task: "classification",
    warnings: columns
      .filter((column) => column.missing > 0)
      .slice(0, 1)
      .map((column) => ({
        code: "missing",
        detail: "Missing values are filled with 0 by the paper's recipe.",
        column: column.name,
      })),
    encoding: "utf-8",
    delimiter: ",",
    created_at: new Date().toISOString(),
  };
}

function profileColumn(name: string, cells: string[]): Column {
  const present = cells.filter((cell) => cell !== "");
  const counts = new Map<string, number>();
  for (const cell of present) counts.set(cell, (counts.get(cell) ?? 0) + 1);
  const numbers = present.map(Number);
  const numeric = numbers.length > 0 && numbers.every((number) => Number.isFinite(number));
  const kind: ColumnKind = counts.size < 2 ? "constant" : numeric ? "number" : "category";
  return {
    name,
    kind,
    reason: numeric ? "All values are numbers." : `${counts.size} different texts that repeat.`,
    missing: cells.length - present.length,
    distinct: counts.size,
    minimum: numeric ? Math.min(...numbers) : null,
    maximum: numeric ? Math.max(...numbers) : null,
    mean: numeric ? numbers.reduce((a, b) => a + b, 0) / numbers.length : null,
    infinite: 0,
    integers: numeric && numbers.every(Number.isInteger),
    top: [...counts.entries()]
      .sort(([, a], [, b]) => b - a)
      .slice(0, 10)
      .map(([value, count]) => ({ value, count })),
  };
}
