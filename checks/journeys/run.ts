// npm run check -- journeys [name]: follows calls through `lib/`. For each: how many files it enters, which has a limit, and the function by
// which it first enters each of them. With a name: the journeys whose names begin with it, with every move from one file to another.
import { oauth2Emulator, startEmulator } from '../../lib/testing.ts'
import { JOURNEYS, startJourney } from './journeys.ts'
import { traceLibrary } from './traced-library.ts'

const [chosen] = process.argv.slice(2)
const journeys = JOURNEYS.filter(({ name }) => name.startsWith(chosen ?? ''))
if (journeys.length === 0) throw new Error(`There is no journey whose name begins with '${String(chosen)}'.`)
const library = await traceLibrary()

for (const journey of journeys) {
  await using server = await startEmulator(oauth2Emulator())
  const run = await startJourney(journey, server, library)
  const entries = await library.trace(run)
  const moves = entries.filter(({ file }, index) => file !== entries[index - 1]?.file)
  const files = moves.filter(({ file }, index) => moves.findIndex((move) => move.file === file) === index)
  const { name, limit } = journey
  console.log(
    `${name}: ${String(files.length)} files (limit ${String(limit)}), ${String(moves.length)} moves between files`,
  )
  for (const { file, line, name: entered } of chosen === undefined ? files : moves)
    console.log(`  ${`${file}:${String(line)}`.padEnd(45)} ${entered}`)
  console.log()
  if (files.length > limit) {
    console.error(`${name} enters more files than its limit.\n`)
    process.exitCode = 1
  }
}
