// A time line of the last minute: a row for each kind of event, a mark for each event, in the colour of its token.

const SECONDS = 60
const ROWS = ['requests', 'renewed here', 'login', 'logout', 'taken over'] as const
const [WIDTH, LEFT, ROW] = [600, 90, 24]

type Row = (typeof ROWS)[number]

interface Mark {
  readonly row: Row
  readonly at: number
  readonly colour: string
}

export class Picture {
  readonly #place: Element
  #marks: Mark[] = []

  constructor(place: Element) {
    this.#place = place
    setInterval(() => {
      this.#draw()
    }, 500)
  }

  mark(row: Row, fingerprint?: string): void {
    this.#marks.push({ row, at: Date.now(), colour: colourOf(fingerprint) })
  }

  #draw(): void {
    const now = Date.now()
    this.#marks = this.#marks.filter(({ at }) => now - at < SECONDS * 1_000)
    const labels = ROWS.map((row, index) => `<text x="4" y="${String(index * ROW + 16)}">${row}</text>`)
    const marks = this.#marks.map(({ row, at, colour }) => {
      const x = WIDTH - ((now - at) / (SECONDS * 1_000)) * (WIDTH - LEFT)
      const y = ROWS.indexOf(row) * ROW + 4
      const width = row === 'requests' ? 1 : 4
      return `<rect x="${x.toFixed(1)}" y="${String(y)}" width="${String(width)}" height="16" fill="${colour}" />`
    })
    this.#place.innerHTML = [...labels, ...marks].join('')
  }
}

function colourOf(fingerprint = ''): string {
  const sum = Array.from(fingerprint).reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) % 360, 7)
  return fingerprint === '' ? '#888' : `hsl(${String(sum)} 80% 45%)`
}
