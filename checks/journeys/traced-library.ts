// A compiled copy of `lib/` in which every function reports that it is entered.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import ts from 'typescript'
import type { attachBearer } from '../../lib/axios.ts'
import type { wrapFetch } from '../../lib/fetch.ts'
import type { createTokenManager } from '../../lib/index.ts'
import type { oauth2 } from '../../lib/providers.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const lib = join(root, 'lib')
/** Below node_modules: the copy finds the dependencies there. */
const copy = join(root, 'node_modules', '.cache', 'journeys')

export interface Entry {
  /** Relative to the root of the repository. */
  readonly file: string
  readonly line: number
  /** The name of the function; empty if it has none. */
  readonly name: string
}

export interface TracedLibrary {
  readonly attachBearer: typeof attachBearer
  readonly wrapFetch: typeof wrapFetch
  readonly createTokenManager: typeof createTokenManager
  readonly oauth2: typeof oauth2
  /** The functions that are entered while `action` runs, in order. */
  trace(action: () => Promise<unknown>): Promise<readonly Entry[]>
}

const PROBE = '__tokenflightEntered'

export async function traceLibrary(): Promise<TracedLibrary> {
  const functions: Entry[] = []
  await rm(copy, { recursive: true, force: true })
  for (const path of await readdir(lib, { recursive: true })) {
    const [top] = path.split(sep)
    if (!path.endsWith('.ts') || top === 'testing' || top === 'testing.ts') continue
    const target = join(copy, path.replace(/ts$/, 'js'))
    await mkdir(dirname(target), { recursive: true })
    await writeFile(
      target,
      compile(['lib', ...path.split(sep)].join('/'), await readFile(join(lib, path), 'utf8'), functions),
    )
  }
  await writeFile(join(copy, 'package.json'), '{ "type": "module" }')
  const names = ['axios', 'fetch', 'index', 'providers']
  const modules = await Promise.all(
    names.map(async (name) => (await import(pathToFileURL(join(copy, `${name}.js`)).href)) as Partial<TracedLibrary>),
  )
  const trace: TracedLibrary['trace'] = async (action) => {
    const entered: number[] = []
    const traced = globalThis as { [PROBE]?: ((index: number) => void) | undefined }
    traced[PROBE] = (index) => entered.push(index)
    await action()
    traced[PROBE] = undefined
    return entered.flatMap((index) => functions[index] ?? [])
  }
  return Object.assign({ trace }, ...modules) as TracedLibrary
}

/** Compiles a module with a probe in each function, and adds the functions to `functions`. */
function compile(file: string, text: string, functions: Entry[]): string {
  const addProbes: ts.TransformerFactory<ts.SourceFile> = (context) => (source) =>
    ts.visitEachChild(source, probeVisitor(source, context, functions), context)
  return ts.transpileModule(text, {
    fileName: file,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
    transformers: { before: [addProbes] },
  }).outputText
}

function probeVisitor(source: ts.SourceFile, context: ts.TransformationContext, functions: Entry[]): ts.Visitor {
  const { factory } = context
  const visit: ts.Visitor = (node) => {
    const body = ts.isFunctionLike(node) && 'body' in node ? node.body : undefined
    if (!body) return ts.visitEachChild(node, visit, context)
    const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1
    const index = functions.push({ file: source.fileName, line, name: nameOf(node, source) }) - 1
    const probe = factory.createCallChain(
      factory.createPropertyAccessExpression(factory.createIdentifier('globalThis'), PROBE),
      factory.createToken(ts.SyntaxKind.QuestionDotToken),
      undefined,
      [factory.createNumericLiteral(index)],
    )
    const visitBody = (child: ts.Node): ts.VisitResult<ts.Node | undefined> => {
      if (child !== body) return visit(child)
      if (!ts.isBlock(child))
        return factory.createParenthesizedExpression(factory.createComma(probe, visit(child) as ts.Expression))
      const { statements } = ts.visitEachChild(child, visit, context)
      return factory.updateBlock(child, [factory.createExpressionStatement(probe), ...statements])
    }
    return ts.visitEachChild(node, visitBody, context)
  }
  return visit
}

/** The name of a function, or of what it is given to. */
function nameOf(node: ts.Node, source: ts.SourceFile): string {
  if (ts.isConstructorDeclaration(node)) return `new ${nameOf(node.parent, source)}`
  for (const each of [node, node.parent]) {
    const name = 'name' in each ? (each.name as ts.Node | undefined) : undefined
    if (name) return name.getText(source)
  }
  if (!ts.isCallExpression(node.parent)) return ''
  const { expression } = node.parent
  return `${(ts.isPropertyAccessExpression(expression) ? expression.name : expression).getText(source)}(…)`
}
