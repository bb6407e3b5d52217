// Mocha's own report; after it the names of what was skipped, and one closing line that says how many specs ran.
import { reporters, Runner, type MochaOptions, type Test } from 'mocha'

const { EVENT_RUN_END, EVENT_TEST_PENDING } = Runner.constants

export default class Reporter extends reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options)
    const skipped: string[] = []
    runner.on(EVENT_TEST_PENDING, (test: Test) => skipped.push(test.fullTitle()))
    runner.once(EVENT_RUN_END, () => {
      const { passes, failures } = this.stats
      for (const title of skipped) console.log('skipped: %s', title)
      console.log(
        '%d passed, %d failed%s',
        passes,
        failures,
        skipped.length > 0 ? `, ${String(skipped.length)} skipped` : '',
      )
    })
  }
}
