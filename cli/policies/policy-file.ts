import { readFile } from 'node:fs/promises'
import type { z } from 'zod'
import { type Policy, PolicyInput } from '#core/contracts/policies.ts'
import { UsageError } from '../errors.ts'
import { quoted } from '../output/safe-text.ts'
import { unreadable } from '../output/unreadable.ts'
import type { PolicyDocument } from './policy-documents.ts'

/** The policies of a file, YAML or JSON, or of standard input where that is "-". @throws `USAGE` naming line and member */
export const readPolicyFile = async (
  path: string,
  stdin: AsyncIterable<unknown>,
): Promise<PolicyDocument[]> => {
  // The reader of YAML is loaded when there is some: every other command starts without it.
  const { parsePolicies } = await import('./policy-documents.ts')
  return parsePolicies(
    path === '-' ? await textOf(stdin) : await readFile(path, 'utf8').catch(unreadable(path)),
    path === '-' ? 'standard input' : path,
  )
}

/** The one policy of a file. @throws `USAGE` also where there are several */
export const readOnePolicy = async (
  path: string,
  stdin: AsyncIterable<unknown>,
): Promise<PolicyInput> => {
  const [only, ...more] = await readPolicyFile(path, stdin)
  if (only && more.length === 0) return only.policy
  throw new UsageError(
    `${quoted(path)} has ${more.length + 1} policies, and this is about one.`,
    'Save several at once with "xenkeep policies apply -f FILE".',
  )
}

/** @throws `USAGE` naming the member */
export const parsePolicy = (json: unknown): PolicyInput => {
  const parsed = PolicyInput.safeParse(json)
  if (parsed.success) return parsed.data
  throw new UsageError(
    `The policy is not valid: ${parsed.error.issues.slice(0, MOST).map(issueText).join('; ')}.`,
    'docs/policies.md shows how a policy is written.',
  )
}

/** What is wrong, and where; of many the first few. */
const MOST = 5

const issueText = ({ path, message }: z.core.$ZodIssue): string =>
  path.length > 0 ? `${path.join('.')}: ${message}` : message

/** What may be changed of a policy: what a file holds. */
export const inputOf = ({ policyId: _, ...input }: Policy): PolicyInput => input

const textOf = async (stdin: AsyncIterable<unknown>): Promise<string> => {
  let text = ''
  for await (const part of stdin) text += String(part)
  return text
}
