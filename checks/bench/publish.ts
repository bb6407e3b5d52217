// Writes results.json and the tables of README.md between their marks. No figure is written by hand.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { arch, cpus, platform, totalmem } from 'node:os'
import { format } from 'prettier'
import { bestPeers } from './best-peer.ts'
import { asMarkdown, type Section } from './report.ts'

interface Results {
  readonly machine: string
  readonly sections: readonly Section[]
}

const RESULTS = new URL('results.json', import.meta.url)
const README = new URL('README.md', import.meta.url)

function machine(): string {
  const [{ model } = { model: 'unknown' }] = cpus()
  const memory = `${String(Math.round(totalmem() / 2 ** 30))} GiB`
  return `${model.trim()}, ${String(cpus().length)} cores, ${memory}, ${platform()} ${arch()}, Node ${process.versions.node}`
}

/** Merges the sections with those measured before. */
export async function publish(sections: readonly Section[]): Promise<void> {
  const before = existsSync(RESULTS) ? (JSON.parse(readFileSync(RESULTS, 'utf8')) as Results).sections : []
  const known = new Map([...before, ...sections].map((section) => [section.id, section]))
  const all = [...known.values()].toSorted((one, other) => one.id.localeCompare(other.id))
  const results = JSON.stringify({ machine: machine(), sections: all } satisfies Results)
  writeFileSync(RESULTS, await format(results, { parser: 'json', printWidth: 120 }))
  const text = [`Measured on: ${machine()}.`, ...[bestPeers(all), ...all].map(asMarkdown)].join('\n\n')
  const marked = /(<!-- figures -->\n)[^]*(<!-- \/figures -->)/
  writeFileSync(
    README,
    readFileSync(README, 'utf8').replace(marked, (_, from: string, to: string) => `${from}\n${text}\n\n${to}`),
  )
}
