// Medians, their spread, and rounds in which all contenders take turns, so that disturbances affect all of them.
export interface Spread {
  readonly median: number
  /** The 10th percentile. */
  readonly low: number
  /** The 90th percentile. */
  readonly high: number
}

export function quantile(figures: readonly number[], share: number): number {
  const sorted = figures.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const below = sorted[Math.floor(at)] ?? NaN
  const above = sorted[Math.ceil(at)] ?? NaN
  return below + (above - below) * (at - Math.floor(at))
}

export function median(figures: readonly number[]): number {
  return quantile(figures, 0.5)
}

export function spread(figures: readonly number[]): Spread {
  return { median: median(figures), low: quantile(figures, 0.1), high: quantile(figures, 0.9) }
}

/** Divides each figure by the floor's of the same round. */
export function ratios(figures: readonly number[], floor: readonly number[]): Spread {
  return spread(figures.map((figure, round) => figure / (floor[round] ?? NaN)))
}

/** Measures every runner once a round; each round begins with another one. Returns the figures by name. */
export async function interleave<Runner extends { readonly name: string }>(
  runners: readonly Runner[],
  rounds: number,
  measure: (runner: Runner, round: number) => Promise<number>,
): Promise<(name: string) => readonly number[]> {
  const figures = new Map(runners.map(({ name }) => [name, new Array<number>()]))
  for (let round = 0; round < rounds; round += 1) {
    const first = round % runners.length
    for (const runner of [...runners.slice(first), ...runners.slice(0, first)])
      figures.get(runner.name)?.push(await measure(runner, round))
  }
  return (name) => figures.get(name) ?? []
}
