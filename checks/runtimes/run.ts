// npm run check -- runtimes [NAME ...]: runs one program in every JavaScript runtime available. Browsers are used if installed.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { startHost } from './host.ts'
import type { Trial } from './program.ts'
import { NotInstalled, RUNTIMES, type Runtime } from './runtimes.ts'

const PAGE = `<!doctype html><script type="module">
import { tryAll } from '/program.js'
const report = await tryAll(SETTING).catch((error) => [{ name: 'the page', failure: String(error) }])
await fetch('/report', { method: 'POST', body: JSON.stringify(report) })
</script>`

const wanted = process.argv.slice(2).map((name) => name.toLowerCase())
let failures = 0
for (const runtime of RUNTIMES.filter(({ name }) => wanted.length === 0 || wanted.includes(name.toLowerCase()))) {
  const trials = await tryIn(runtime).catch((error: unknown) => {
    if (error instanceof NotInstalled) return error.message
    return [{ name: 'the run', failure: String(error) }]
  })
  if (typeof trials === 'string') {
    console.log(`${runtime.name}: skipped, ${trials}`)
    continue
  }
  const failed = trials.filter(({ failure }) => failure !== undefined)
  console.log(`${runtime.name}: ${String(trials.length - failed.length)} of ${String(trials.length)}`)
  for (const { name, failure } of failed) console.log(`  ${name}\n    ${String(failure)}`)
  failures += failed.length
}
process.exit(failures === 0 ? 0 : 1)

async function tryIn({ platform, adapters, seconds = 60, run }: Runtime): Promise<Trial[]> {
  const program = await bundled(platform)
  const scripts = new Map([['/program.js', program]])
  const host = await startHost(scripts)
  const setting = { host: host.origin, credentials: host.credentials, adapters }
  scripts.set('/', PAGE.replace('SETTING', JSON.stringify(setting)))
  try {
    return await Promise.race([run(host, setting, program), timeLimit(seconds)])
  } finally {
    await host.close()
  }
}

async function bundled(platform: Runtime['platform']): Promise<string> {
  const entry = fileURLToPath(new URL('program.ts', import.meta.url))
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform,
    // axios for Node has CommonJS dependencies, so packages are loaded from node_modules.
    ...(platform === 'node' && { packages: 'external' as const }),
  })
  return outputFiles[0]?.text ?? ''
}

function timeLimit(seconds: number): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => {
      reject(new Error(`not finished after ${String(seconds)} s`))
    }, seconds * 1000).unref()
  })
}
