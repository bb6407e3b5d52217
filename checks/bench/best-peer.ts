// Compares tokenflight with the best peer for the same client.
import { CONTENDERS } from './contenders.ts'
import type { Contender } from './contender.ts'
import type { Cell, Section, Table } from './report.ts'

/** The compared columns of each scenario; less is better. */
const COMPARED: Readonly<Record<string, readonly string[]>> = {
  a: ['CPU ns', 'bytes'],
  b: ['µs'],
  c: ['token calls', 'ratio to floor + 50 ms', 'bytes'],
  d: ['token calls'],
  e: ['token calls'],
  f: ['min + gzip'],
}

/** Scenarios in which a contender that ignores a 401 does no work. */
const NEEDS_RENEWAL = ['d', 'e']

export function bestPeers(sections: readonly Section[]): Section {
  const rows = sections.flatMap(({ id, tables }) =>
    tables.flatMap((table) =>
      (COMPARED[id] ?? []).flatMap((column) =>
        (['axios', 'fetch'] as const).flatMap((client) => row(id, table, column, client)),
      ),
    ),
  )
  return {
    id: 'peers',
    title: 'Beside the best peer',
    tables: [
      {
        title: 'The least of any peer that does the job, and ours',
        columns: ['', '', 'best peer', 'its', 'ours', 'ours by its'],
        rows,
      },
    ],
    goals: [],
  }
}

function row(id: string, table: Table, column: string, client: Contender['client']): Cell[][] {
  const at = table.columns.indexOf(column)
  const figureOf = ({ name, package: own = '' }: Contender): number => {
    const found = table.rows.find(([who]) => who === name || who === own)
    return number(found?.[at])
  }
  const ours = CONTENDERS.find((each) => each.ours === true && each.client === client)
  const known = ours && table.rows.find(([who]) => who === ours.name)
  if (at < 0 || !known) return []
  const [best, least] = peersOf(id, client)
    .map((peer) => [peer.name, figureOf(peer)] as const)
    .filter(([, figure]) => Number.isFinite(figure))
    .toSorted(([, one], [, other]) => one - other)[0] ?? ['-', NaN]
  const figure = number(known[at])
  return [[table.title, `${ours.name}, ${column}`, best, least, figure, figure / least]]
}

/** Returns the peers that do the job of the scenario, without yardsticks. */
function peersOf(id: string, client: Contender['client']): readonly Contender[] {
  return CONTENDERS.filter(
    (each) =>
      each.client === client &&
      !each.ours &&
      !each.floor &&
      !each.yardstick &&
      !(NEEDS_RENEWAL.includes(id) && each.cannot.some((what) => what.startsWith('answer a 401'))),
  )
}

function number(cell: Cell | undefined): number {
  return typeof cell === 'number' ? cell : typeof cell === 'object' && cell ? cell.median : NaN
}
