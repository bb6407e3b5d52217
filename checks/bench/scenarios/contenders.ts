// The contenders, and the features that each lacks by design.
import { readFileSync } from 'node:fs'
import { CONTENDERS } from '../contenders.ts'
import type { Section } from '../report.ts'

export function listContenders(): Promise<Section> {
  return Promise.resolve({
    id: '0',
    title: 'Contenders',
    tables: [
      {
        title: 'What each cannot do by design',
        columns: ['', 'version', 'cannot'],
        rows: CONTENDERS.map((each) => [each.name, versionOf(each.package), each.cannot.join('; ') || '-']),
      },
    ],
    goals: [],
  })
}

function versionOf(name: string | undefined): string {
  if (name === undefined) return '-'
  const text = readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}
