// Marks the constants of a script as free of side effects. A module of lib/ has none when it is loaded, but a bundler cannot know that of
// calls, spreads, templates and computed names: it would keep such a constant, and all that it refers to, in every bundle.
import ts from 'typescript'

const MARK = '/* @__PURE__ */'

const MAY_HAVE_SIDE_EFFECTS = new Set([
  ts.SyntaxKind.CallExpression,
  ts.SyntaxKind.ComputedPropertyName,
  ts.SyntaxKind.NewExpression,
  ts.SyntaxKind.SpreadAssignment,
  ts.SyntaxKind.SpreadElement,
  ts.SyntaxKind.TemplateExpression,
])

/** The script with marks. They add no line, so that the source map holds. */
export function withPureConstants(script: string): string {
  const source = ts.createSourceFile('script.js', script, ts.ScriptTarget.ES2022, true)
  const declarations = source.statements.flatMap((statement) =>
    ts.isVariableStatement(statement) ? statement.declarationList.declarations : [],
  )
  let marked = ''
  let end = 0
  for (const { name, initializer } of declarations) {
    if (!initializer || !mayHaveSideEffects(initializer)) continue
    const constant = name.getText()
    // A class has its name from the constant.
    marked += `${script.slice(end, initializer.getStart())}${MARK} (() => { const ${constant} = `
    marked += `${initializer.getText()}; return ${constant}; })()`
    end = initializer.end
  }
  return marked + script.slice(end)
}

function mayHaveSideEffects(node: ts.Node): boolean {
  const parts = partsOf(node)
  return parts === undefined || parts.some(mayHaveSideEffects)
}

/** The parts of a node that are computed with it; undefined for a node that may have side effects itself. */
function partsOf(node: ts.Node): readonly ts.Node[] | undefined {
  if (runsLater(node)) return node.name ? [node.name] : []
  if (isCall(node) && node.getFullText().trimStart().startsWith(MARK)) return node.arguments ?? []
  return MAY_HAVE_SIDE_EFFECTS.has(node.kind) ? undefined : node.getChildren()
}

const isCall = (node: ts.Node): node is ts.CallExpression | ts.NewExpression =>
  ts.isCallExpression(node) || ts.isNewExpression(node)

/** Whether a node is a function, or a field, whose value each instance computes. */
function runsLater(node: ts.Node): node is ts.SignatureDeclaration | ts.PropertyDeclaration {
  if (!ts.isPropertyDeclaration(node)) return ts.isFunctionLike(node)
  return !node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword)
}
