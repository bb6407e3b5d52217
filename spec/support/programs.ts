// Programs of the checkout, bundled: Node starts them in a fraction of the time that tsx takes.
import { mkdtemp, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../..', import.meta.url))

export class Programs {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Bundles modules, given by their paths in the checkout. Packages are those that are installed there. */
  static async bundle(paths: readonly string[]): Promise<Programs> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'tokenflight-programs-')))
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
    await build({
      entryPoints: [...paths],
      absWorkingDir: root,
      outbase: root,
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      logLevel: 'error',
    })
    return new Programs(folder)
  }

  /** Returns the path of the script for a module. */
  script(path: string): string {
    return join(this.#folder, path.replace(/\.ts$/, '.mjs'))
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }
}
