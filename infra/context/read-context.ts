import type { z } from 'zod'
import { Context } from './context.ts'

/** The context of a deployment is refused; the message tells each setting by name, one a line. */
export class ContextInvalidError extends Error {
  readonly code = 'CONTEXT_INVALID'
  override readonly name = 'ContextInvalidError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(
      `The context of this deployment cannot be used:\n${problems.map(problem => `  - ${problem}`).join('\n')}\nEvery setting is told in docs/deploy.md.`,
    )
    this.problems = problems
  }
}

/**
 * @param input the content of the context file
 * @throws ContextInvalidError that names every setting that is unknown, missing or wrong
 */
export const readContext = (input: unknown): Context => {
  const read = Context.safeParse(input, { reportInput: true })
  if (read.success) return read.data
  throw new ContextInvalidError(read.error.issues.flatMap(sentencesOf))
}

const sentencesOf = (issue: z.core.$ZodIssue): string[] => {
  const place = nameOf(issue.path)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(
        key =>
          `There is no setting "${nameOf([...issue.path, key])}"; remove it or correct its name.`,
      )
    case 'invalid_type':
      return [
        issue.input === undefined
          ? `The setting "${place}" is missing.`
          : `The setting "${place}" must be ${A[issue.expected] ?? issue.expected}.`,
      ]
    case 'invalid_value':
      return [
        `The setting "${place}" must be one of ${issue.values.map(value => JSON.stringify(value)).join(', ')}.`,
      ]
    case 'too_small':
      return [
        `The setting "${place}" must ${TAKES[issue.origin] ?? 'be'} at least ${issue.minimum}.`,
      ]
    case 'too_big':
      return [
        `The setting "${place}" must ${TAKES[issue.origin] ?? 'be'} at most ${issue.maximum}.`,
      ]
    default:
      // Ours begin with a verb: "must be …", "needs …".
      return [`The setting "${place}" ${issue.message}.`]
  }
}

const TAKES: Readonly<Record<string, string>> = {
  array: 'have entries:',
  string: 'have characters:',
}

const A: Readonly<Record<string, string>> = {
  string: 'a text in quotes',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
  object: 'a group of settings in braces',
  array: 'a list in brackets',
}

/** `notifications.operators[1]` */
const nameOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (name, part) =>
      typeof part === 'number'
        ? `${name}[${part}]`
        : name
          ? `${name}.${String(part)}`
          : String(part),
    '',
  ) || 'the whole file'

/** What the CDK itself keeps in its context. */
const OF_THE_CDK =
  /^(@?aws-?cdk[/:-]|aws:|cli-|availability-zones:|hosted-zone:|vpc-provider:|ssm:|ami:|cdk-nag)/

/**
 * Refuses what was given with `cdk -c KEY=VALUE` and is no setting: it would be passed over in silence.
 * @throws ContextInvalidError naming each
 */
export const refuseUnknownKeys = (keys: readonly string[], known: string): void => {
  const unknown = keys.filter(key => key !== known && !OF_THE_CDK.test(key))
  if (unknown.length > 0)
    throw new ContextInvalidError(
      unknown.map(
        key => `There is no context key "${key}"; settings stand in the file xenkeep.context.json.`,
      ),
    )
}
