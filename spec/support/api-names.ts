// The exports of an entry point, by the compiler: values, and names that are types only.
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('../../', import.meta.url))

export interface Names {
  readonly values: readonly string[]
  readonly types: readonly string[]
}

/** By path below `lib/`, each list in alphabetical order. */
export function namesOf(files: readonly string[]): ReadonlyMap<string, Names> {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, (path) => ts.sys.readFile(path)) as { config: object }
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const program = ts.createProgram(
    files.map((file) => `${root}lib/${file}`),
    options,
  )
  const checker = program.getTypeChecker()
  return new Map(files.map((file) => [file, exportsOf(program, checker, `${root}lib/${file}`)]))
}

function exportsOf(program: ts.Program, checker: ts.TypeChecker, path: string): Names {
  const source = program.getSourceFile(path)
  const symbol = source && checker.getSymbolAtLocation(source)
  if (!symbol) throw new Error(`${path} is no module`)
  const exported = checker.getExportsOfModule(symbol)
  const isValue = (each: ts.Symbol): boolean => {
    const target = each.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(each) : each
    return (target.flags & ts.SymbolFlags.Value) !== 0 && !ts.isTypeOnlyImportOrExportDeclaration(declarationOf(each))
  }
  const names = (of: readonly ts.Symbol[]): string[] => of.map(({ name }) => name).sort()
  return { values: names(exported.filter(isValue)), types: names(exported.filter((each) => !isValue(each))) }
}

function declarationOf(symbol: ts.Symbol): ts.Declaration {
  const [declaration] = symbol.declarations ?? []
  if (!declaration) throw new Error(`${symbol.name} is declared nowhere`)
  return declaration
}
