import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { type Policy, PolicyInput } from '#core/contracts/policies.ts'
import { UsageError } from '../errors.ts'
import { quoted } from '../output/safe-text.ts'

/** A policy of a JSON file, or of standard input where that is "-". @throws `USAGE` naming the member */
export const readPolicyFile = async (
  path: string,
  stdin: AsyncIterable<unknown>,
): Promise<PolicyInput> => {
  const text =
    path === '-' ? await textOf(stdin) : await readFile(path, 'utf8').catch(unreadable(path))
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new UsageError(
      `${quoted(path)} is not JSON.`,
      'docs/policies.md shows how a policy is written.',
    )
  }
  return parsePolicy(json)
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
