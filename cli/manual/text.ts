import { Role, type Route } from '#core/contracts/routes/route.ts'
import { type RouteName, routes } from '#core/contracts/routes.ts'
import { EXIT_CODE_MEANINGS, ExitCode } from '../exit-codes.ts'
import type { JsonShape, ManualPage, Part } from './page.ts'
import { CONTROL_PLANE_VARIABLES, VARIABLES } from './variables.ts'

/** As wide as help may be, in columns of the terminal. */
export const WIDEST = 100

/**
 * What stands below the options in the help of a command: what it needs, what it prints with --json, how it ends, where to read on, and examples.
 * @param page undefined for a command that only holds others
 * @param width in columns
 * @returns lines
 */
export const manualLines = (
  page: ManualPage | undefined,
  examples: readonly string[],
  width: number,
): string[] => [
  ...(page
    ? [
        ...section('Needs', paragraphs(needsOf(page), width)),
        ...section('With --json', paragraphs(jsonText(page.json), width)),
        ...section('Exit codes', exitLines(page, width)),
        ...section('Environment', paragraphs(variableTexts(page), width)),
        ...section('See also', paragraphs([page.see.map(seeText).join(', ')], width)),
      ]
    : []),
  ...(examples.length > 0
    ? ['', 'Examples:', ...examples.flatMap(example => `$ ${example}`.split('\n')).map(indented)]
    : []),
]

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', `${title}:`, ...lines]

/** What runs on stands deeper. */
const paragraphs = (texts: readonly string[], width: number): string[] =>
  texts.flatMap(text => wrapped(text, width, '  ', '    '))

const indented = (line: string): string => `  ${line}`

/** @returns lines of at most `width` columns, as far as words allow */
const wrapped = (text: string, width: number, first = '', others = first): string[] => {
  const lines: string[] = []
  let line = first
  for (const word of text.split(' ')) {
    const isEmpty = line.trim() === ''
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line)
      line = others + word
    } else line = isEmpty ? line + word : `${line} ${word}`
  }
  return [...lines, line]
}

/** The role that all of these calls together take; undefined where there are none. */
export const roleOf = (calls: readonly RouteName[]): Role | undefined => {
  const taken = calls.map(name => {
    const route: Route = routes[name]
    return route.audience === 'person' ? route.role : 'viewer'
  })
  return Role.options.findLast(role => taken.includes(role))
}

const rank = (role: Role | undefined): number => (role ? Role.options.indexOf(role) : -1)

/** `viewer; administrator with --set`. @returns undefined for a command that asks no control plane */
export const roleText = ({ calls, callsWith = {} }: ManualPage): string | undefined => {
  const role = roleOf(calls)
  const further = Object.entries(callsWith)
    .map(([option, more]) => ({ option, more: roleOf(more) }))
    .filter(({ more }) => rank(more) > rank(role))
    .map(({ option, more }) => `${more} with ${option}`)
  const all = [...(role ? [role] : []), ...further]
  return all.length === 0 ? undefined : all.join('; ')
}

const needsOf = (page: ManualPage): string[] => [
  ...(page.calls.length > 0 ? [`A running XenKeep, and the role ${roleText(page)}.`] : []),
  ...(page.needs ?? []),
]

/** `GET /v1/vms`, as docs/openapi.json names it. */
const named = (name: RouteName): string => `${routes[name].method} ${routes[name].path}`

const partText = (name: string, part: Part): string =>
  'all' in part
    ? `"${name}": the items of ${named(part.all)}, all pages in one list`
    : 'one' in part
      ? `"${name}": one item of ${named(part.one)}`
      : `"${name}": what ${named(part.answer)} answers`

/** What a command prints with --json, in sentences. */
export const jsonText = (json: JsonShape): string[] => {
  if ('told' in json) return [json.told]
  if ('run' in json)
    return [
      'One document per line, each with an "event": {"event":"started","runId"}, then "progress" {run, jobs} whenever something changed, at last "ended" {run, jobs}, or "left" {runId} after Ctrl-C; run and jobs as GET /v1/runs/{runId} answers them (docs/openapi.json).',
    ]
  if ('answer' in json)
    return [`One document: what ${named(json.answer)} answers (docs/openapi.json).`]
  const parts = Object.entries(json.members).map(([name, part]) => partText(name, part))
  return [`One document: ${parts.join('; ')} (docs/openapi.json).`]
}

const meaningOf = (code: ExitCode): string =>
  EXIT_CODE_MEANINGS.find(([each]) => each === code)?.[1] ?? ''

/** Those that it can have beside 0, in order. */
export const exitCodesOf = (page: ManualPage): [ExitCode, string][] => {
  const { exits = {}, calls, callsWith = {}, interruptible } = page
  const asks = calls.length > 0 || Object.keys(callsWith).length > 0
  const has = (name: keyof typeof exits, always: boolean): [ExitCode, string][] =>
    exits[name] !== undefined || always
      ? [[ExitCode[name], exits[name] ?? meaningOf(ExitCode[name])]]
      : []
  return [
    ...has('failed', true),
    [ExitCode.usage, meaningOf(ExitCode.usage)],
    ...has('partly', false),
    ...has('unreachable', asks),
    ...has('refused', asks),
    ...has('damaged', false),
    ...(interruptible ? [interruptedOf(asks)] : []),
  ]
}

/** Without a control plane there is no run that would go on. */
const interruptedOf = (asks: boolean): [ExitCode, string] => [
  ExitCode.interrupted,
  asks ? meaningOf(ExitCode.interrupted) : 'ended from the keyboard (Ctrl-C)',
]

const exitLines = (page: ManualPage, width: number): string[] =>
  exitCodesOf(page).flatMap(([code, meaning]) =>
    wrapped(meaning, width, `  ${String(code).padStart(3)} `, ' '.repeat(7)),
  )

const variableTexts = (page: ManualPage): string[] => {
  const { calls, callsWith = {}, variables = [] } = page
  const asks = calls.length > 0 || Object.keys(callsWith).length > 0
  return [...new Set([...(asks ? CONTROL_PLANE_VARIABLES : []), ...variables])].map(
    name => `${name}: ${VARIABLES[name]}`,
  )
}

const seeText = (see: string): string => (see.endsWith('.md') ? `docs/${see}` : `"xenkeep ${see}"`)
