// The type errors of modules, as TypeScript prints them.
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('../../', import.meta.url))

export function typeErrors(files: readonly URL[]): string {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, (path) => ts.sys.readFile(path)) as { config: object }
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  // As in most applications: resolved for a bundler, the types of packages not checked, no rule of style.
  const settings = {
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    skipLibCheck: true,
    noImplicitReturns: false,
    noPropertyAccessFromIndexSignature: false,
  }
  const program = ts.createProgram(
    [...files, new URL('declared/absent.d.ts', import.meta.url)].map((file) => fileURLToPath(file)),
    { ...options, ...settings },
  )
  return ts.formatDiagnostics(ts.getPreEmitDiagnostics(program), {
    getCurrentDirectory: () => root,
    getCanonicalFileName: (name) => name,
    getNewLine: () => '\n',
  })
}
