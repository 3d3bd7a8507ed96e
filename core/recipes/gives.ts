import type { TextGives } from '../contracts/recipe-steps.ts'
import { FillError } from './fill.ts'
import type { Value } from './parameters.ts'

/** Texts of one fact, and how many facts: what a guest tells is kept in commit records and catalogs. */
const LONGEST = 4_096 // characters
const MOST = 10_000 // items of a list

/**
 * Finds facts in what a program wrote.
 * @throws FillError where something is not there that has to be
 */
export const factsFromText = (
  gives: Readonly<Record<string, TextGives>>,
  output: { stdout: string; stderr: string },
): Record<string, Value> =>
  Object.fromEntries(
    Object.entries(gives).map(([name, how]) => [
      name,
      settle(name, found(how, output[how.from], name), how),
    ]),
  )

/** Facts from the rows of a result, in columns from 1 on. @throws FillError */
export const factsFromRows = (
  gives: Readonly<
    Record<string, { column: number; list?: true | undefined; optional?: true | undefined }>
  >,
  rows: readonly (readonly string[])[],
): Record<string, Value> =>
  Object.fromEntries(
    Object.entries(gives).map(([name, how]) => [
      name,
      settle(
        name,
        rows.flatMap(row => row[how.column - 1] ?? []),
        how,
      ),
    ]),
  )

/** Facts from the values of attributes. @throws FillError */
export const factsFromAttributes = (
  gives: Readonly<
    Record<string, { attribute: string; list?: true | undefined; optional?: true | undefined }>
  >,
  values: (attribute: string) => readonly string[],
): Record<string, Value> =>
  Object.fromEntries(
    Object.entries(gives).map(([name, how]) => [name, settle(name, values(how.attribute), how)]),
  )

const found = ({ pattern, json, list }: TextGives, text: string, name: string): string[] => {
  if (pattern !== undefined)
    return [...text.matchAll(new RegExp(pattern, 'gmu'))].map(match => match[1] ?? match[0])
  if (json !== undefined) return fromJson(text, json, name)
  const trimmed = text.trim()
  if (trimmed === '') return []
  return list ? trimmed.split(/\r?\n/) : [trimmed]
}

const fromJson = (text: string, path: readonly string[], name: string): string[] => {
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch {
    throw new FillError(`what it wrote is no JSON, so that "${name}" is not known.`)
  }
  for (const member of path)
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, member)
        ? (value as Record<string, unknown>)[member]
        : undefined
  if (value === undefined || value === null) return []
  return [value].flat().map(item => (typeof item === 'string' ? item : JSON.stringify(item)))
}

const settle = (
  name: string,
  texts: readonly string[],
  { list, optional }: { list?: true | undefined; optional?: true | undefined },
): Value => {
  if (texts.length > MOST) throw new FillError(`there are more than ${MOST} of "${name}".`)
  if (texts.some(text => text.length > LONGEST))
    throw new FillError(`"${name}" is longer than ${LONGEST} characters.`)
  if (list) return texts
  const [first] = texts
  if (first === undefined && !optional)
    throw new FillError(`what it wrote does not tell "${name}".`)
  return first ?? ''
}
