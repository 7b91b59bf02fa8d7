#!/usr/bin/env python3
"""Writes two-moons.csv: 600 synthetic points on two half circles with noise, the sample CSV file that ships
with Tandem. The values are the same on every machine because they are drawn only with random.random(), whose
sequence Python guarantees.

    datasets/make_two_moons.py > datasets/two-moons.csv
"""
import math
import random

COUNT, NOISE, SEED = 600, 0.12, 20240229


def normal(source):
    """Box-Muller, since the sequence of random.gauss() is not guaranteed."""
    radius = math.sqrt(-2 * math.log(1 - source.random()))
    return radius * math.cos(2 * math.pi * source.random())


def main():
    source = random.Random(SEED)
    print("x,y,moon")
    for i in range(COUNT):
        angle = math.pi * source.random()
        x, y, moon = math.cos(angle), math.sin(angle), "upper"
        if i % 2:
            x, y, moon = 1 - x, 0.5 - y, "lower"
        print(f"{x + NOISE * normal(source):.4f},{y + NOISE * normal(source):.4f},{moon}")


main()
