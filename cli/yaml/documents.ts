import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  visit,
} from 'yaml'
import type { z } from 'zod'
import { UsageError } from '../errors.ts'
import { quoted, safeText } from '../output/safe-text.ts'

/** What is written in files: its schema, what it is called, and where its form is told. */
export interface Kind<S extends z.ZodType> {
  schema: S
  /** `policy` */
  noun: string
  /** A sentence. */
  form: string
}

/** One thing of a file, and where it begins there. */
export interface YamlDocument<T> {
  value: T
  /** Members that the file names; the others have their defaults in `value`. */
  named: ReadonlySet<string>
  /** `"nightly.yaml", line 12` */
  where: string
}

const STAR = 'A value that begins with an asterisk has to stand in quotes.'
const LENGTH_AT_MOST = 4 * 1024 * 1024 // characters; a policy with 2,000 UUIDs has 100,000
const TOLD = 5

/**
 * What stands in a file: YAML 1.2, and so JSON; each is a document of its own, or one of a list. What may mean something else than it says is refused:
 * references (whole files can be hidden in a few lines), tags, keys that come twice.
 * @param name of the file, for messages
 * @throws `USAGE` naming line and member
 */
export const parseYaml = <S extends z.ZodType>(
  text: string,
  name: string,
  kind: Kind<S>,
): YamlDocument<z.output<S>>[] => {
  const { noun, form } = kind
  if (text.length > LENGTH_AT_MOST)
    throw new UsageError(`${quoted(name)} is larger than any ${noun} is.`, form)
  const lines = new LineCounter()
  const at = (offset: number): string => `${quoted(name)}, line ${lines.linePos(offset).line}`
  const documents = parseAllDocuments(text, {
    ...{ version: '1.2', schema: 'core', strict: true, uniqueKeys: true, merge: false },
    ...{ prettyErrors: false, lineCounter: lines },
  })
  const found = [...documents].flatMap(document => documentsOf(document, at, kind))
  if (found.length === 0) throw new UsageError(`There is no ${noun} in ${quoted(name)}.`, form)
  return found
}

type At = (offset: number) => string

const documentsOf = <S extends z.ZodType>(
  document: Document.Parsed,
  at: At,
  kind: Kind<S>,
): YamlDocument<z.output<S>>[] => {
  const [trouble] = [...document.errors, ...document.warnings]
  if (trouble)
    throw new UsageError(
      `${at(trouble.pos[0])} cannot be read: ${safeText(trouble.message)}.`,
      `${STAR} ${kind.form}`,
    )
  visit(document, {
    Alias: (_, { range }) => {
      throw new UsageError(`${at(range?.[0] ?? 0)} has a reference, and none is taken.`, STAR)
    },
  })
  const { contents } = document
  // What stands behind the last "---" may be nothing.
  if (!contents || (isScalar(contents) && contents.value === null)) return []
  const items = isSeq(contents) ? contents.items.filter(isNode) : [contents]
  return items.map(node => documentOf(node, document, at, kind))
}

const documentOf = <S extends z.ZodType>(
  node: Node,
  document: Document.Parsed,
  at: At,
  { schema, noun, form }: Kind<S>,
): YamlDocument<z.output<S>> => {
  const where = at(node.range?.[0] ?? 0)
  const value: unknown = node.toJS(document, { maxAliasCount: 0 })
  const parsed = schema.safeParse(value)
  if (parsed.success)
    return { value: parsed.data, named: new Set(Object.keys(value as object)), where }
  const told = parsed.error.issues.map(issue => issueText(issue, node, at, noun))
  const more = told.length > TOLD ? ` And ${told.length - TOLD} more.` : ''
  throw new UsageError(`${told.slice(0, TOLD).join(' ')}${more}`, form)
}

/** zod says of a missing member that it is of the wrong type. */
const wrongText = (issue: z.core.$ZodIssue, root: Node): string =>
  issue.code === 'invalid_type' && (isMap(root) || isSeq(root)) && !root.hasIn(issue.path)
    ? 'is missing'
    : `is wrong: ${safeText(issue.message)}`

/** One sentence on what is wrong, with the line of the innermost part that is there. */
const issueText = (issue: z.core.$ZodIssue, root: Node, at: At, noun: string): string => {
  let node: Node = root
  for (const step of issue.path) {
    const next: unknown = isMap(node) || isSeq(node) ? node.get(step, true) : undefined
    if (!isNode(next)) break
    node = next
  }
  const member = issue.path.map(String).join('.')
  if (issue.code !== 'unrecognized_keys')
    return `${at(node.range?.[0] ?? 0)}: ${quoted(member || `the ${noun}`)} ${wrongText(issue, root)}.`
  const [unknown = ''] = issue.keys
  const key = isMap(node)
    ? node.items.map(pair => pair.key).find(each => isScalar(each) && each.value === unknown)
    : undefined
  const line = at((isNode(key) ? key : node).range?.[0] ?? 0)
  const of = member ? ` of ${quoted(member)}` : ''
  const others = issue.keys.length > 1 ? `, nor are ${issue.keys.length - 1} more` : ''
  return `${line}: ${quoted(unknown)} is no member${of}${others}.`
}
