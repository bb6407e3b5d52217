// The type errors of the code of pages, as TypeScript prints them.
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Declarations of packages, in `declared/`. */
type Declared = 'absent' | 'installed' | 'replaced'

/** Takes code by the path that it would have; it need not be there. In JavaScript a type may be unknown, and a name unused. */
export function typeErrors(code: ReadonlyMap<string, string>, declared: readonly Declared[]): string {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, (path) => ts.sys.readFile(path)) as { config: object }
  const isJavaScript = [...code.keys()].every((path) => path.endsWith('.js'))
  const options: ts.CompilerOptions = {
    ...ts.parseJsonConfigFileContent(config, ts.sys, root).options,
    // As in most applications: resolved for a bundler, the types of packages not checked, no rule of style.
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    skipLibCheck: true,
    noImplicitReturns: false,
    noPropertyAccessFromIndexSignature: false,
    ...(isJavaScript && JAVASCRIPT),
  }
  const declarations = declared.map((name) => fileURLToPath(new URL(`declared/${name}.d.ts`, import.meta.url)))
  const program = ts.createProgram([...code.keys(), ...declarations], options, hostOf(code, options))
  const errors = [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...[...code.keys()].flatMap((path) => {
      const file = program.getSourceFile(path)
      return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
    }),
  ]
  return ts.formatDiagnostics(errors, {
    getCurrentDirectory: () => root,
    getCanonicalFileName: (name) => name,
    getNewLine: () => '\n',
  })
}

const JAVASCRIPT = {
  allowJs: true,
  checkJs: true,
  noImplicitAny: false,
  useUnknownInCatchVariables: false,
  noUnusedLocals: false,
  noUnusedParameters: false,
}

/** A host that has the code among the files of the disk. */
function hostOf(code: ReadonlyMap<string, string>, options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options)
  const isFolder = (path: string): boolean => [...code.keys()].some((each) => each.startsWith(`${path}/`))
  return {
    ...host,
    readFile: (path) => code.get(path) ?? host.readFile(path),
    fileExists: (path) => code.has(path) || host.fileExists(path),
    directoryExists: (path) => isFolder(path) || ts.sys.directoryExists(path),
    getSourceFile: (path, version, ...more) => {
      const text = code.get(path)
      return text === undefined ? host.getSourceFile(path, version, ...more) : ts.createSourceFile(path, text, version)
    },
  }
}
