// Runs scripts of package.json at the same time: `tsx checks/side-by-side.ts lint types`. Prints their output in the order in which they are
// named, as it comes once those before have ended, and fails if one has failed.
import { spawn } from 'node:child_process'
import { PassThrough, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

function run(script: string): { readonly output: Readable; readonly code: Promise<number> } {
  // Standard error goes the same way, so that both stay in order; with room for all of it, so that no script waits for those before it.
  const child = spawn(`npm run ${script} 2>&1`, { shell: true, stdio: ['ignore', 'pipe', 'inherit'] })
  const code = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => {
      resolve(status ?? 1)
    })
  })
  return { output: child.stdout.pipe(new PassThrough({ highWaterMark: 2 ** 30 })), code }
}

const running = process.argv.slice(2).map((script) => ({ script, ...run(script) }))
const failed: string[] = []
for (const { script, output, code } of running) {
  await pipeline(output, process.stdout, { end: false })
  if ((await code) !== 0) failed.push(script)
}
if (failed.length > 0) {
  console.error('failed: %s', failed.join(', '))
  process.exitCode = 1
}
