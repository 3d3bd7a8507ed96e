import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { type Policy, PolicyInput } from '#core/contracts/policies.ts'
import { UsageError } from '../errors.ts'
import { quoted } from '../output/safe-text.ts'
import { type PolicyDocument, parsePolicies } from './policy-documents.ts'

/** The policies of a file, YAML or JSON, or of standard input where that is "-". @throws `USAGE` naming line and member */
export const readPolicyFile = async (
  path: string,
  stdin: AsyncIterable<unknown>,
): Promise<PolicyDocument[]> =>
  parsePolicies(
    path === '-' ? await textOf(stdin) : await readFile(path, 'utf8').catch(unreadable(path)),
    path === '-' ? 'standard input' : path,
  )

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
    `The policy is not valid: ${z.prettifyError(parsed.error).replace(/\n\s*/g, ' ').slice(0, 500)}.`,
    'docs/policies.md shows how a policy is written.',
  )
}

/** What may be changed of a policy: what a file holds. */
export const inputOf = ({ policyId: _, ...input }: Policy): PolicyInput => input

const textOf = async (stdin: AsyncIterable<unknown>): Promise<string> => {
  let text = ''
  for await (const part of stdin) text += String(part)
  return text
}

const unreadable = (path: string) => (cause: NodeJS.ErrnoException) => {
  throw new UsageError(`${quoted(path)} cannot be read (${cause.code ?? 'unknown reason'}).`)
}
