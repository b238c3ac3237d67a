#!/usr/bin/env python3
"""Draws results.csv of compare as bars: the mean of a run's seeds, a line from the least to the most.

  plot.py results.csv > comparison.svg

Standard library only.
"""
import csv
import sys

ROW, LEFT, SCALE, TOP = 24, 150, 5.0, 14  # pixels: a bar's row, the names, one per cent, the margin


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    runs = {}
    with open(sys.argv[1], newline="") as table:
        for row in csv.DictReader(table):
            runs.setdefault(row["run"], []).append(100 * float(row["top1"]))

    width, height = LEFT + 100 * SCALE + 130, TOP + ROW * len(runs) + 24
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" font-family="sans-serif" font-size="12">')
    print(f'<rect width="{width:.0f}" height="{height}" fill="white"/>')
    for percent in range(0, 101, 20):
        x = LEFT + percent * SCALE
        print(f'<path d="M{x} {TOP - 4}V{height - 22}" stroke="#ddd"/>')
        print(f'<text x="{x}" y="{height - 8}" text-anchor="middle" fill="#555">{percent} %</text>')
    for i, (name, values) in enumerate(runs.items()):
        y, mean = TOP + i * ROW, sum(values) / len(values)
        colour = "#b5651d" if name == "patches" else "#4477aa"
        print(f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{name}</text>')
        print(f'<rect x="{LEFT}" y="{y + 2}" width="{mean * SCALE:.1f}" height="{ROW - 9}" fill="{colour}"/>')
        least, most = (LEFT + value * SCALE for value in (min(values), max(values)))
        print(f'<path d="M{least:.1f} {y + 9.5}H{most:.1f}M{least:.1f} {y + 5}v9M{most:.1f} {y + 5}v9" stroke="black"/>')
        label = f"{mean:.1f}" if len(values) == 1 else f"{mean:.1f} ({min(values):.1f} to {max(values):.1f})"
        print(f'<text x="{most + 8:.1f}" y="{y + 13}">{label}</text>')
    print("</svg>")


if __name__ == "__main__":
    main()
