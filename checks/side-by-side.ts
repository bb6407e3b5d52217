// Runs scripts of package.json at the same time: `tsx checks/side-by-side.ts lint types`. Prints the output of each when it ends, and fails if
// one has failed.
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

async function run(script: string): Promise<number> {
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
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  process.stdout.write(output)
  process.stderr.write(errors)
  return ended
}

process.exitCode = Math.max(...(await Promise.all(process.argv.slice(2).map(run))))
