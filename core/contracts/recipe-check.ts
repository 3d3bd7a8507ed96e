import type { Step } from './recipe-steps.ts'
import { parseTemplate } from './recipe-templates.ts'

interface Checked {
  parameters: Readonly<Record<string, { kind: string; local?: true | undefined }>>
  secrets: Readonly<Record<string, unknown>>
  phases: Readonly<Partial<Record<string, readonly Step[]>>>
}

interface Issue {
  path: (string | number)[]
  message: string
}

/** What belongs to every recipe without being named by it. */
const GIVEN = new Set(['staging', 'item', 'jobId'])
const SHELLS = /^(sh|bash|dash|ash|ksh|zsh|fish|cmd|su|runuser)(\.exe)?$/i
const INTERPRETERS = /^(powershell|pwsh|python[\d.]*|perl|ruby|node|php|psql|sqlcmd|osql)(\.exe)?$/i
/** What comes after it is a program in the interpreter's language. */
const COMMAND_TEXT = /^(-[a-z]*[ceq]|\/[ck]|--?(command|encodedcommand|eval|query)(=.*)?)$/i
const RESTORING = new Set(['restore', 'postcheck'])
/** Actions that only stand where a recovery point is made, or used. */
const ONLY_IN = {
  fileTree: ['capture', 'restore'],
  stream: ['capture', 'restore'],
  file: ['capture', 'restore'],
  machine: ['probe', 'capture'],
  manual: ['restore'],
  rule: ['restore'],
} as const

/**
 * What the shape of a recipe does not tell: every value that is used is given by somebody, every secret is declared, SQL is quoted, and no argument is
 * a program of its own.
 * @returns one sentence for each fault
 */
export const checkRecipe = ({ parameters, secrets, phases }: Checked): Issue[] => {
  const issues: Issue[] = []
  /** Values in a template that others give than the guest itself. */
  const chosenBy = (template = ''): string[] =>
    (parseTemplate(template) ?? []).flatMap(part => {
      if ('text' in part) return []
      if (part.ofPoint) return [`point.${part.name}`]
      return parameters[part.name] && !parameters[part.name]?.local ? [part.name] : []
    })
  const ids = new Set<string>()
  const facts = new Set<string>()
  for (const [phase, steps = []] of Object.entries(phases))
    for (const [index, step] of steps.entries()) {
      const tell = (message: string) =>
        issues.push({ path: ['phases', phase, index], message: `step "${step.id}" ${message}` })
      if (ids.has(step.id)) tell('has the name of another step')
      ids.add(step.id)
      if (
        step.undoes !== undefined &&
        (phase !== 'restore' || !isBefore(steps, index, step.undoes))
      )
        tell(`undoes "${step.undoes}", which is no step of the restore before it`)
      for (const [action, allowed] of Object.entries(ONLY_IN))
        if (step[action as keyof typeof ONLY_IN] && !(allowed as readonly string[]).includes(phase))
          tell(`has an action "${action}", which belongs to ${allowed.join(' or ')}`)
      if (step.stream?.checkedBy && phase !== 'capture')
        tell('checks a stream that is not captured')
      const extra = new Set(Object.keys(step.sql?.parameters ?? {}))
      const isKnown = (name: string, ofPoint: boolean): boolean =>
        ofPoint
          ? RESTORING.has(phase) && (name in parameters || isGiven(phases, name))
          : (GIVEN.has(name) && (name !== 'item' || step.forEach !== undefined)) ||
            name in parameters ||
            facts.has(name) ||
            extra.has(name)
      for (const { text, place } of textsOf(step))
        for (const part of parseTemplate(text) ?? []) {
          if ('text' in part) continue
          const { name, ofPoint, form } = part
          if (!isKnown(name, ofPoint))
            tell(`uses \${${ofPoint ? 'point.' : ''}${name}}, which nobody gives before it`)
          if (place === 'sql' && form === undefined)
            tell(`does not say how \${${name}} is quoted: write \${${name}|literal}`)
          if (place !== 'sql' && form !== undefined)
            tell(`quotes \${${name}|${form}} for SQL where there is none`)
        }
      for (const name of namesOf(step)) {
        const [, point, plain] = /^(point\.)?(.*)$/.exec(name) ?? []
        if (!isKnown(plain ?? '', point !== undefined))
          tell(`asks for "${name}", which nobody gives`)
      }
      for (const name of secretsOf(step))
        if (!(name in secrets)) tell(`uses the secret "${name}", which the recipe does not name`)
      for (const argv of argvsOf(step)) {
        for (const fault of argvFaults(argv)) tell(fault)
        for (const name of chosenBy(argv[0]))
          tell(`lets ${whoGives(name)} choose the program by \${${name}}; ${instead(name)}`)
      }
      for (const template of whereSecretsGo(step))
        for (const name of chosenBy(template))
          tell(`lets ${whoGives(name)} choose where a secret goes by \${${name}}; ${instead(name)}`)
      for (const name of givenBy(step)) facts.add(name)
    }
  if (phases.quiesce && !phases.release)
    issues.push({ path: ['phases'], message: 'has a quiesce phase and none that releases' })
  return issues
}

const whoGives = (name: string): string =>
  name.startsWith('point.') ? 'a recovery point' : 'a job'
const instead = (name: string): string =>
  name.startsWith('point.') ? 'take a parameter that is "local"' : 'make that parameter "local"'

/** Variables by which programs are told whom to call, as PGHOST of libpq and the proxies of curl. Ports of one machine are left to a job. */
const WHOM = /HOST|SERVER|ADDR|UR[IL]|ENDPOINT|PROXY|SERVICE/i

/** Templates that say to whom the secrets of a step are given. */
const whereSecretsGo = (step: Step): string[] => {
  if (secretsOf(step).length === 0) return []
  const { exec, stream, sql, ldap, http } = step
  const environments = [exec?.env, stream?.env, stream?.checkedBy?.env]
  return [
    ...[sql?.connection?.server, ldap?.url, http?.url],
    ...environments.flatMap(env =>
      Object.entries(env ?? {}).map(([name, value]) => (WHOM.test(name) ? value : undefined)),
    ),
  ].filter(template => typeof template === 'string')
}

const argvsOf = ({ exec, stream }: Step): string[][] =>
  [exec?.argv, stream?.argv, stream?.checkedBy?.argv].filter(argv => argv !== undefined)

/** A shell, or a text for an interpreter with values in it, would make commands of values. */
const argvFaults = (argv: readonly string[]): string[] =>
  argv.flatMap((item, index) => {
    const program = item.split(/[\\/]/).at(-1) ?? ''
    const rest = argv.slice(index + 1)
    const text = rest.findIndex(option => COMMAND_TEXT.test(option))
    if (text < 0) return []
    if (SHELLS.test(program)) return [`runs the shell ${program}; name the program itself`]
    return INTERPRETERS.test(program) && rest.slice(text).some(part => part.includes('${'))
      ? [`puts values into a text that ${program} runs; hand them over in the environment`]
      : []
  })

const givenBy = ({ exec, sql, ldap, http, facts, machine }: Step): string[] =>
  [exec, sql, ldap, http, facts, machine].flatMap(action => Object.keys(action?.gives ?? {}))

const isGiven = (phases: Checked['phases'], name: string): boolean =>
  Object.entries(phases).some(
    ([phase, steps]) => !RESTORING.has(phase) && steps?.some(step => givenBy(step).includes(name)),
  )

/** Lists and conditions name their values without `${`. */
const isBefore = (steps: readonly Step[], index: number, id: string): boolean =>
  steps.slice(0, index).some(step => step.id === id)

const namesOf = ({ forEach, when }: Step): string[] => [
  ...(forEach === undefined ? [] : [forEach]),
  ...(when === undefined ? [] : [when].flat().map(({ value }) => value)),
]

const WITHOUT_TEMPLATES = new Set([
  ...['id', 'does', 'effects', 'forEach', 'undoes', 'pattern', 'expect', 'json', 'of'],
])

/** Every template of a step, and whether SQL reads it. */
const textsOf = (step: Step): { text: string; place: 'sql' | 'other' }[] => {
  const texts: { text: string; place: 'sql' | 'other' }[] = []
  const walk = (value: unknown, place: 'sql' | 'other'): void => {
    if (typeof value === 'string') texts.push({ text: value, place })
    else if (typeof value === 'object' && value !== null && !('secret' in value))
      for (const [key, inner] of Object.entries(value))
        if (!WITHOUT_TEMPLATES.has(key))
          walk(inner, key === 'text' && 'engine' in value ? 'sql' : place)
  }
  walk(step, 'other')
  return texts
}

const secretsOf = (step: Step): string[] => {
  const names: string[] = []
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    if ('secret' in value && typeof value.secret === 'string') names.push(value.secret)
    else for (const inner of Object.values(value)) walk(inner)
  }
  walk(step)
  return names
}
