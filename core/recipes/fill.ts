import type { SqlEngine } from '../contracts/recipe-steps.ts'
import { parseTemplate, type TemplatePart } from '../contracts/recipe-templates.ts'
import type { Value, Values } from './parameters.ts'
import { quoteSql } from './sql-quoting.ts'

/** What a step is filled from. */
export interface Scope {
  /** Parameters, facts, `staging`, `jobId`, and within a list `item`. */
  values: Values
  /** Of a restore: as they were recorded with the recovery point. */
  point?: Values
}

/** A template that cannot be filled: what is wrong with it, as the end of a sentence. Told as the failure of its step. */
export class FillError extends Error {}

/** @throws FillError where nobody gave the value */
export const lookUp = (name: string, { values, point = {} }: Scope): Value => {
  const ofPoint = name.startsWith('point.')
  const [from, key] = ofPoint ? [point, name.slice('point.'.length)] : [values, name]
  const value = Object.hasOwn(from, key) ? from[key] : undefined
  if (value === undefined) throw new FillError(`it needs the value "${name}", which nobody gave.`)
  return value
}

const nameOf = ({ name, ofPoint }: Extract<TemplatePart, { name: string }>): string =>
  ofPoint ? `point.${name}` : name

/** What stands for bytes that are no UTF-8 (WHATWG, Encoding): with it a name means nothing, or something else. */
const DAMAGED = '\u{fffd}'

const whole = (name: string, text: string): string => {
  if (!text.includes(DAMAGED)) return text
  throw new FillError(
    `the value "${name}" was told in bytes that are no UTF-8 (${text.slice(0, 100)}), so it cannot be used.`,
  )
}

const textOf = (part: Extract<TemplatePart, { name: string }>, scope: Scope): string => {
  const value = lookUp(nameOf(part), scope)
  if (typeof value === 'string') return whole(nameOf(part), value)
  throw new FillError(`the list "${nameOf(part)}" stands where one text is needed.`)
}

/** @param write how one value is written there */
const fillWith = (
  template: string,
  write: (part: Extract<TemplatePart, { name: string }>) => string,
): string =>
  (parseTemplate(template) ?? [{ text: template }])
    .map(part => ('text' in part ? part.text : write(part)))
    .join('')

/** @returns the text with every value in its place, as it is */
export const fillText = (template: string, scope: Scope): string =>
  fillWith(template, part => textOf(part, scope))

/** @returns the text with every value percent-encoded but the one that it begins with */
export const fillUrl = (template: string, scope: Scope): string => {
  const [first] = parseTemplate(template) ?? []
  return fillWith(template, part =>
    part === first ? textOf(part, scope) : encodeURIComponent(textOf(part, scope)),
  )
}

/** Special characters of filters by RFC 4515, 3. */
export const fillLdapFilter = (template: string, scope: Scope): string =>
  fillWith(template, part =>
    textOf(part, scope).replace(
      /[\0()*\\]/g,
      character => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
    ),
  )

/** @throws FillError where a value cannot be written into SQL */
export const fillSql = (template: string, engine: SqlEngine, scope: Scope): string =>
  fillWith(template, part => {
    const quoted = quoteSql(engine, part.form ?? 'literal', textOf(part, scope))
    if (typeof quoted === 'string') return quoted
    throw new FillError(`the value "${nameOf(part)}" ${quoted.unfit}.`)
  })

/** The list that a template is, and nothing beside it. */
const wholeList = (template: string, scope: Scope): readonly string[] | undefined => {
  const [part, more] = parseTemplate(template) ?? []
  if (part === undefined || more !== undefined || 'text' in part) return undefined
  const value = lookUp(nameOf(part), scope)
  return typeof value === 'string' ? undefined : value.map(item => whole(nameOf(part), item))
}

/** @returns a list where the template is one and nothing else, else the text */
export const fillValue = (template: string, scope: Scope): Value =>
  wholeList(template, scope) ?? fillText(template, scope)

/** @returns each template as one text, whole lists as many */
export const fillList = (templates: readonly string[], scope: Scope): string[] =>
  templates.flatMap(template => wholeList(template, scope) ?? [fillText(template, scope)])

/**
 * @returns the arguments: as many as there are templates, but for items that are a list and nothing else
 * @throws FillError where a value would be taken for an option, because it begins an argument with a hyphen
 */
export const fillArgv = (argv: readonly string[], scope: Scope): string[] => {
  const filled: string[] = []
  let optionsEnd = false
  for (const [index, template] of argv.entries()) {
    const list = wholeList(template, scope)
    const items = list ?? [fillText(template, scope)]
    const [first] = parseTemplate(template) ?? []
    // A list stands for arguments that somebody wrote as such; only in the place of the program it is a whole command line.
    if (first && 'name' in first && index > 0 && !optionsEnd)
      for (const item of items)
        if (item.startsWith('-') && first.name !== 'staging')
          throw new FillError(
            `the value "${nameOf(first)}" begins with a hyphen, so that it would be taken for an option.`,
          )
    if (template === '--') optionsEnd = true
    filled.push(...items)
  }
  if (filled.some(item => item.includes('\0')))
    throw new FillError('an argument has a character that no program can take (NUL).')
  return filled
}
