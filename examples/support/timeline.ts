// Draws what happened, a line a moment, for people to read in a terminal.

export class Timeline {
  readonly #startedAt = performance.now()
  readonly #print: (line: string) => void

  constructor(print: (line: string) => void = console.log) {
    this.#print = print
  }

  /** A moment: what happened, and one mark for each request it happened to. */
  mark(what: string, count = 0, sign = '·'): void {
    const at = Math.round(performance.now() - this.#startedAt)
    this.#print(`${String(at).padStart(6)} ms  ${what.padEnd(46)} ${sign.repeat(count)}`.trimEnd())
  }

  /** Figures under their names. */
  figures(figures: Readonly<Record<string, number>>): void {
    const columns = Object.entries(figures).map(([name, figure]) => {
      const width = Math.max(name.length, String(figure).length)
      return [name.padStart(width), String(figure).padStart(width)] as const
    })
    this.#print(`\n  ${columns.map(([name]) => name).join('   ')}`)
    this.#print(`  ${columns.map(([, figure]) => figure).join('   ')}\n`)
  }
}
