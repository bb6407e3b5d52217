// Runs scripts of package.json at the same time: `tsx checks/side-by-side.ts lint types`. Prints their output in the order in which they are
// named, and fails if one has failed.
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

interface Result {
  readonly code: number
  readonly output: string
  readonly errors: string
}

async function run(script: string): Promise<Result> {
  const child = spawn('npm', ['run', script], {
    shell: process.platform === 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      resolve(code ?? 1)
    })
  })
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, output, errors }
}

const scripts = process.argv.slice(2)
const running = scripts.map((script) => ({ script, result: run(script) }))
const failed: string[] = []
for (const { script, result } of running) {
  const { code, output, errors } = await result
  process.stdout.write(output)
  process.stderr.write(errors)
  if (code !== 0) failed.push(script)
}
if (failed.length > 0) {
  console.error('failed: %s', failed.join(', '))
  process.exitCode = 1
}
