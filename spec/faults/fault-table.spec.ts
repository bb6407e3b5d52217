import { expect } from 'chai'
import { shownFaults } from './fault-table.ts'

/** Every case there is to show: not those of DPoP, of several processes, and of locks between them. */
const REQUIRED: readonly number[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
  ...[15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 34, 35, 36, 38, 39, 40],
  ...[41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 53, 54, 55, 63, 64, 65, 66, 67, 68, 69],
  ...[71, 72, 73, 74, 75, 76, 77, 78, 85, 86, 88, 90, 91, 92, 93, 95, 96, 99, 103, 105],
]

describe('The fault matrix', () => {
  const shown = shownFaults()
  for (const number of REQUIRED) {
    it(`has a spec for case ${String(number)}`, () => {
      expect(shown.get(number)?.map(({ file }) => file)).to.not.equal(undefined)
    })
  }
})
