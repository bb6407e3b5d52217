// Holds docs/migrating: the code after each migration works, and the table counts the lines that the pages show.
import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { measure } from '../checks/migrating/measure.ts'
import { lineCount, PAGES, readPages } from '../checks/migrating/pages.ts'

const readme = await readFile(new URL('README.md', PAGES), 'utf8')
const pages = readPages()

describe('docs/migrating', () => {
  it('states in its table the lines of each page', () => {
    const rows = [...readme.matchAll(/^\| \[.+\]\((\S+)\) \| (\d+) \| (\d+) \|/gm)].map((row) => row.slice(1))
    expect(rows).to.deep.equal(
      pages.map(({ file, before, after }) => [file, String(lineCount(before)), String(lineCount(after))]),
    )
  })

  it('contains the figures that the README and the page of the benchmark quote', async () => {
    const [, before, after] = /^\| \[an `isRefreshing` .*?\| \d+ \| \d+ \| (\d+) \| (\d+) \|/m.exec(readme) ?? []
    for (const page of ['../README.md', '../checks/bench/README.md']) {
      const text = await readFile(new URL(page, import.meta.url), 'utf8')
      const quoted = /burst of 20 [^]{0,60}?(\d+) refreshes [^]{0,60}?`isRefreshing`\s+interceptor, (\d+) /.exec(text)
      expect(quoted?.slice(1), page).to.deep.equal([before, after])
    }
  })

  // ky is installed for the check alone.
  for (const { file, after } of pages.filter(({ file }) => file !== 'ky-hooks.md'))
    it(`${file}: afterwards a burst with a revoked token causes one token request`, async () => {
      expect(await measure(after, 'revocation')).to.deep.equal({ refreshes: 1, failures: 0 })
    })
})
