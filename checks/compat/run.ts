// npm run check -- compat: runs each script with a bare client and with a wrapped one and prints the differences. Exits with 1 if one is
// not expected.
import { isDeepStrictEqual } from 'node:util'
import { AXIOS_SCRIPTS, type Script } from './axios-scripts.ts'
import { FETCH_SCRIPTS } from './fetch-scripts.ts'
import { makeKit, MODES, type AdapterName, type Mode } from './kit.ts'
import { startServer } from './server.ts'
import { describe } from './describe.ts'

interface Transcript {
  readonly lines: readonly unknown[]
  readonly wire: readonly unknown[]
  readonly refusals: number
}

async function transcribe(script: Script, mode: Mode, adapter: AdapterName): Promise<Transcript> {
  const server = await startServer()
  const lines: unknown[] = []
  try {
    await script(await makeKit(mode, adapter, server, lines))
  } catch (error) {
    lines.push(['the script failed', describe(error)])
  }
  await server.close()
  return { lines, wire: server.wire.map((each) => describe(each)), refusals: server.refusals }
}

function withoutTiming(lines: readonly unknown[]): readonly unknown[] {
  return lines.filter((line) => !(typeof line === 'object' && line !== null && 'sentInSameTick' in line))
}

/** Yields the paths at which two values differ. */
function* differences(one: unknown, other: unknown, path = ''): Generator<string> {
  if (
    isDeepStrictEqual(one, other) &&
    String(Object.keys(Object(one) as object)) === String(Object.keys(Object(other) as object))
  )
    return
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    yield `${path}: ${JSON.stringify(one)} -> ${JSON.stringify(other)}`
    return
  }
  const keys = [Object.keys(one), Object.keys(other)] as const
  if (!Array.isArray(one) && String(keys[0]) !== String(keys[1]))
    yield `${path}: keys ${String(keys[0])} -> ${String(keys[1])}`
  for (const key of new Set(keys.flat())) {
    const label =
      Array.isArray(one) && Array.isArray((one as unknown[])[0]) ? String((one as unknown[][])[Number(key)]?.[0]) : key
    yield* differences(
      (one as Record<string, unknown>)[key],
      (other as Record<string, unknown>)[key],
      `${path}/${label}`,
    )
  }
}

/** Expected differences, and their reasons. */
const EXPECTED: readonly { readonly where: RegExp; readonly why: string }[] = [
  {
    where: /^axios-mock-adapter .*, refused: seen.*"\[\[/,
    why: 'the history of a mock contains the original request and its replay',
  },
]

const cases = [
  ...Object.entries(AXIOS_SCRIPTS).flatMap(([name, script]) =>
    (['http', 'fetch', 'custom'] as const).map((adapter) => ({ name, script, adapter })),
  ),
  ...Object.entries(FETCH_SCRIPTS).map(([name, script]) => ({ name, script, adapter: 'custom' as const })),
]

const figures = { comparisons: 0, requests: 0, replays: 0, unexpected: 0, expected: 0 }
for (const { name, script, adapter } of cases) {
  const bare = await transcribe(script, 'bare', adapter)
  const failed = bare.lines.some((line) => Array.isArray(line) && line[0] === 'the script failed')
  if (failed) {
    console.log(`${name}, ${adapter}: ${JSON.stringify(bare.lines.at(-1))}`)
    figures.unexpected += 1
  }
  for (const mode of MODES.slice(1)) {
    const ours = await transcribe(script, mode, adapter)
    figures.comparisons += 1
    figures.requests += ours.wire.length
    figures.replays += ours.refusals
    const found = [
      ...differences(mode === 'waiting' ? withoutTiming(bare.lines) : bare.lines, ours.lines, 'seen'),
      ...differences(bare.wire, ours.wire, 'wire'),
    ]
    for (const difference of found) {
      const reason = EXPECTED.find(({ where }) => where.test(`${name}, ${adapter}, ${mode}: ${difference}`))
      figures[reason ? 'expected' : 'unexpected'] += 1
      console.log(`${reason ? `EXPECTED (${reason.why})` : 'UNEXPECTED'}: ${name}, ${adapter}, ${mode}: ${difference}`)
    }
    if (found.length === 0)
      console.log(
        `the same: ${name}, ${adapter}, ${mode} (${String(ours.wire.length)} requests, ${String(ours.refusals)} refused)`,
      )
  }
}
console.log(figures)
process.exitCode = figures.unexpected > 0 ? 1 : 0
