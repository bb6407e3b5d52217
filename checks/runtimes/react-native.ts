// React Native: Metro bundles the program with the package, hermesc compiles the bundle, and Node runs it with the globals of React
// Native and no others. Those are React Native's own files; its native networking and the language are Node's.
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { installBuilt } from '../installed.ts'
import { nativeNetworking } from './native-networking.ts'
import type { Setting, Trial } from './program.ts'

const execute = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = fileURLToPath(new URL('.', import.meta.url))
const HERMESC = { linux: 'linux64-bin/hermesc', darwin: 'osx-bin/hermesc', win32: 'win64-bin/hermesc.exe' }

/** Of Metro: it has no types that the check could install without React Native's. */
interface Metro {
  readonly loadConfig: (args: object, defaults: object) => Promise<object>
  readonly runBuild: (config: object, options: object) => Promise<{ readonly code: string }>
}

/** Runs the program in `place`, a folder below this one. */
export async function inReactNative(place: string, setting: Setting): Promise<Trial[]> {
  await layOut(place)
  const bundle = await bundled(place)
  const path = join(place, 'bundle.js')
  await writeFile(path, bundle)
  await compile(path)
  return run(bundle, setting)
}

/** The built package in a `node_modules`, and the program, which imports it by its name. */
async function layOut(place: string): Promise<void> {
  await installBuilt(place)
  await build({
    entryPoints: [join(folder, 'program.ts')],
    outfile: join(place, 'program.js'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    packages: 'external',
    plugins: [
      {
        name: 'by-name',
        setup(bundling) {
          bundling.onResolve({ filter: /\/lib\/.*\.ts$/ }, ({ path }) => {
            const entry = path.replace(/^.*\/lib\/(.*)\.ts$/, '$1')
            return { path: entry === 'index' ? 'tokenflight' : `tokenflight/${entry}`, external: true }
          })
        },
      },
    ],
  })
  await writeFile(
    join(place, 'index.js'),
    `require('react-native/Libraries/Core/setUpXHR')
globalThis.run = (setting) => require('./program').tryAll(setting)`,
  )
}

async function bundled(place: string): Promise<string> {
  const require = createRequire(join(folder, 'package.json'))
  const { loadConfig, runBuild } = require('metro') as Metro
  const config = await loadConfig(
    {},
    {
      projectRoot: place,
      watchFolders: [join(root, 'node_modules'), join(folder, 'node_modules')],
      cacheStores: [],
      resetCache: true,
      maxWorkers: 1,
      reporter: { update: () => undefined },
      resolver: {
        useWatchman: false,
        unstable_conditionNames: ['require', 'react-native'],
        unstable_conditionsByPlatform: {},
        nodeModulesPaths: [join(folder, 'node_modules'), join(root, 'node_modules')],
        platforms: ['ios', 'native'],
      },
      transformer: { babelTransformerPath: require.resolve('@react-native/metro-babel-transformer') },
    },
  )
  const { code } = await runBuild(config, { entry: 'index.js', platform: 'ios', dev: false, minify: false })
  return code
}

async function compile(path: string): Promise<void> {
  const binary = HERMESC[process.platform as keyof typeof HERMESC]
  const hermesc = join(folder, 'node_modules/hermes-compiler/hermesc', binary)
  await execute(hermesc, ['-O', '-w', '-emit-binary', '-out', `${path}.hbc`, path])
  if ((await readFile(`${path}.hbc`)).length === 0) throw new Error('hermesc wrote no bytecode')
}

async function run(bundle: string, setting: Setting): Promise<Trial[]> {
  const context = createContext({})
  const { setTimeout, clearTimeout, queueMicrotask, performance, console, btoa, atob } = globalThis
  // The language's TextEncoder, base64 and timers are Hermes' and React Native's own; there is no crypto, no ReadableStream.
  const global = {
    setTimeout: (f: () => void, ms: number) => Number(setTimeout(f, ms)),
    clearTimeout,
    queueMicrotask,
    performance,
    console,
  }
  Object.assign(context, global, { btoa, atob, TextEncoder, TextDecoder, nativeModuleProxy: nativeNetworking(context) })
  runInContext(
    'globalThis.window = globalThis.global = globalThis.self = globalThis; delete globalThis.FinalizationRegistry',
    context,
  )
  runInContext(bundle, context)
  const { run } = context as { run: (setting: Setting) => Promise<Trial[]> }
  return run(setting)
}
