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
import { PolicyInput } from '#core/contracts/policies.ts'
import { policiesAsYaml } from '#core/contracts/policy-yaml.ts'
import { UsageError } from '../errors.ts'
import { quoted, safeText } from '../output/safe-text.ts'

/** One policy of a file, and where it begins there. */
export interface PolicyDocument {
  policy: PolicyInput
  /** Members that the file names; the others have their defaults in `policy`. */
  named: ReadonlySet<string>
  /** `"nightly.yaml", line 12` */
  where: string
}

const FORM = 'docs/policies.md shows how a policy is written.'
const STAR = 'A value that begins with an asterisk has to stand in quotes.'
const LENGTH_AT_MOST = 4 * 1024 * 1024 // characters; a policy with 2,000 UUIDs has 100,000
const TOLD = 5

/**
 * The policies of a file: YAML 1.2, and so JSON; a policy is a document of its own, or one of a list. What may mean something else than it says is refused:
 * references (whole files can be hidden in a few lines), tags, keys that come twice.
 * @param name of the file, for messages
 * @throws `USAGE` naming line and member
 */
export const parsePolicies = (text: string, name: string): PolicyDocument[] => {
  if (text.length > LENGTH_AT_MOST)
    throw new UsageError(`${quoted(name)} is larger than any policies are.`, FORM)
  const lines = new LineCounter()
  const at = (offset: number): string => `${quoted(name)}, line ${lines.linePos(offset).line}`
  const documents = parseAllDocuments(text, {
    ...{ version: '1.2', schema: 'core', strict: true, uniqueKeys: true, merge: false },
    ...{ prettyErrors: false, lineCounter: lines },
  })
  const found = [...documents].flatMap(document => policiesOf(document, at))
  if (found.length === 0) throw new UsageError(`There is no policy in ${quoted(name)}.`, FORM)
  return found
}

/** Policies as a file: a YAML document each; as JSON one policy, or a list of several. */
export const formatPolicies = (
  policies: readonly PolicyInput[],
  format: 'yaml' | 'json',
): string => {
  if (format === 'json') {
    const [only, ...more] = policies
    return `${JSON.stringify(more.length > 0 ? policies : only, null, 2)}\n`
  }
  return policiesAsYaml(policies)
}

type At = (offset: number) => string

const policiesOf = (document: Document.Parsed, at: At): PolicyDocument[] => {
  const [trouble] = [...document.errors, ...document.warnings]
  if (trouble)
    throw new UsageError(
      `${at(trouble.pos[0])} cannot be read: ${safeText(trouble.message)}.`,
      `${STAR} ${FORM}`,
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
  return items.map(node => policyOf(node, document, at))
}

const policyOf = (node: Node, document: Document.Parsed, at: At): PolicyDocument => {
  const where = at(node.range?.[0] ?? 0)
  const value: unknown = node.toJS(document, { maxAliasCount: 0 })
  const parsed = PolicyInput.safeParse(value)
  if (parsed.success)
    return { policy: parsed.data, named: new Set(Object.keys(value as object)), where }
  const told = parsed.error.issues.map(issue => issueText(issue, node, at))
  const more = told.length > TOLD ? ` And ${told.length - TOLD} more.` : ''
  throw new UsageError(`${told.slice(0, TOLD).join(' ')}${more}`, FORM)
}

/** zod says of a missing member that it is of the wrong type. */
const wrongText = (issue: z.core.$ZodIssue, root: Node): string =>
  issue.code === 'invalid_type' && (isMap(root) || isSeq(root)) && !root.hasIn(issue.path)
    ? 'is missing'
    : `is wrong: ${safeText(issue.message)}`

/** One sentence on what is wrong, with the line of the innermost part that is there. */
const issueText = (issue: z.core.$ZodIssue, root: Node, at: At): string => {
  let node: Node = root
  for (const step of issue.path) {
    const next: unknown = isMap(node) || isSeq(node) ? node.get(step, true) : undefined
    if (!isNode(next)) break
    node = next
  }
  const member = issue.path.map(String).join('.')
  if (issue.code !== 'unrecognized_keys')
    return `${at(node.range?.[0] ?? 0)}: ${quoted(member || 'the policy')} ${wrongText(issue, root)}.`
  const [unknown = ''] = issue.keys
  const key = isMap(node)
    ? node.items.map(pair => pair.key).find(each => isScalar(each) && each.value === unknown)
    : undefined
  const line = at((isNode(key) ? key : node).range?.[0] ?? 0)
  const of = member ? ` of ${quoted(member)}` : ''
  const others = issue.keys.length > 1 ? `, nor are ${issue.keys.length - 1} more` : ''
  return `${line}: ${quoted(unknown)} is no member${of}${others}.`
}
