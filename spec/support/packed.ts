// The package as npm publishes it, and projects with it, installed without a network.
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const installed = join(root, 'node_modules')
const shell = process.platform === 'win32'

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, unknown>>
}

async function manifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest
}

/** A packed package: its folder as a tarball unpacks it, and the specifiers of its entry points. */
export class Packed {
  readonly #place: string
  readonly files: readonly string[]
  readonly entries: readonly string[]

  private constructor(place: string, files: readonly string[], entries: readonly string[]) {
    this.#place = place
    this.files = files
    this.entries = entries
  }

  /** Builds and packs a copy of the checkout, without changing the checkout. */
  static async pack(): Promise<Packed> {
    const place = await realpath(await mkdtemp(join(tmpdir(), 'tokenflight-')))
    const copy = join(place, 'checkout')
    const left = ['node_modules', '.git', 'dist', 'coverage', 'spec']
    await cp(root, copy, { recursive: true, filter: (path) => !left.includes(basename(path)) })
    await symlink(installed, join(copy, 'node_modules'), 'junction')
    await execute('npm', ['run', 'build'], { cwd: copy, shell })
    const { stdout } = await execute('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', place], {
      cwd: copy,
      shell,
    })
    const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }]
    await execute('tar', ['-xzf', filename], { cwd: place })
    const names = Object.keys((await manifest(join(place, 'package'))).exports).filter(
      (name) => !name.endsWith('.json'),
    )
    const paths = files.map(({ path }) => path)
    return new Packed(
      place,
      paths,
      names.flatMap((name) => entriesOf(name, paths)),
    )
  }

  read(path: string): Promise<string> {
    return readFile(join(this.#place, 'package', path), 'utf8')
  }

  /** An ESM project with the package and the named others, each with its dependencies, and no other package. */
  async project(name: string, others: readonly string[]): Promise<Project> {
    const folder = join(this.#place, name)
    const modules = join(folder, 'node_modules')
    await cp(join(this.#place, 'package'), join(modules, 'tokenflight'), { recursive: true })
    for (const other of await closure(others)) {
      await mkdir(join(modules, other, '..'), { recursive: true })
      await cp(join(installed, other), join(modules, other), { recursive: true })
    }
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true }))
    return new Project(folder)
  }

  async remove(): Promise<void> {
    await rm(this.#place, { recursive: true, force: true })
  }
}

/** The specifiers of one name in `exports`: a pattern stands for each file that it matches. */
function entriesOf(name: string, paths: readonly string[]): readonly string[] {
  const [folder = '', rest] = name.split('*')
  const specifier = `tokenflight${folder.slice(1)}`
  if (rest === undefined) return [specifier]
  const inFolder = `dist${folder.slice(1)}`
  return paths.flatMap((path) =>
    path.startsWith(inFolder) && path.endsWith('.js') ? [specifier + path.slice(inFolder.length, -3)] : [],
  )
}

async function closure(names: readonly string[]): Promise<Set<string>> {
  const found = new Set(names)
  for (const name of found)
    for (const next of Object.keys((await manifest(join(installed, name))).dependencies ?? {})) found.add(next)
  return found
}

export class Project {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  /** Runs a module or a script in a new Node process and returns its output, parsed as JSON. */
  async run(kind: 'module' | 'commonjs', source: string): Promise<unknown> {
    const { stdout } = await execute(process.execPath, [`--input-type=${kind}`, '--eval', source], { cwd: this.folder })
    return JSON.parse(stdout)
  }

  /** Type-checks one file and returns the output of the compiler, empty without errors. */
  async compile(file: string, source: string, compilerOptions: Readonly<Record<string, unknown>>): Promise<string> {
    const config = `tsconfig.${file}.json`
    await writeFile(join(this.folder, file), source)
    await writeFile(join(this.folder, config), JSON.stringify({ compilerOptions, files: [file] }))
    const tsc = join(installed, 'typescript', 'bin', 'tsc')
    const said = execute(process.execPath, [tsc, '-p', config], { cwd: this.folder })
    return said.then(
      ({ stdout }) => stdout,
      (failure: unknown) => (failure as { stdout: string }).stdout,
    )
  }
}
