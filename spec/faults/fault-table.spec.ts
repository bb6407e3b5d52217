import { expect } from 'chai'
import { citations, sharedCitations, table } from './citations.ts'

/** Cases that must have a spec. DPoP and locks between processes are out of scope. */
const REQUIRED: readonly number[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
  ...[15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 34, 35, 36, 38, 39, 40],
  ...[41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 53, 54, 55, 63, 64, 65, 66, 67, 68, 69],
  ...[71, 72, 73, 74, 75, 76, 77, 78, 85, 86, 88, 90, 91, 92, 93, 95, 96, 99, 103, 105],
]

/** Cases of shared sessions that need no browser: each must have a spec. */
const SHARED = [...Array.from({ length: 37 }, (_, index) => index + 1), 40]

for (const [name, before, required, cited, rows] of [
  ['faults', '', REQUIRED, citations(), table()],
  ['shared sessions', 'S', SHARED, sharedCitations(), table('S')],
] as const) {
  describe(`The table of ${name}`, () => {
    for (const number of required) {
      it(`has a spec for case ${before}${String(number)}`, () => {
        expect(cited.get(number)).to.not.equal(undefined)
      })
    }

    it('has a row for each number that a spec or a vector cites, and no other row', () => {
      expect([...rows.keys()]).to.have.members([...cited.keys()])
    })

    it('lists in each row the files that cite the number', () => {
      for (const [number, files] of rows)
        expect(files, `${before}${String(number)}`).to.have.members([...(cited.get(number) ?? [])])
    })
  })
}
