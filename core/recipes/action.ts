import type {
  ActionKind,
  Condition,
  SqlEngine,
  Step,
  TextGives,
  TextOrSecret,
} from '../contracts/recipe-steps.ts'
import {
  FillError,
  fillArgv,
  fillLdapFilter,
  fillList,
  fillSql,
  fillText,
  fillUrl,
  fillValue,
  lookUp,
  type Scope,
} from './fill.ts'
import type { Value } from './parameters.ts'

/** A text, or the name of the secret that stands there: the runner alone puts it in, at the last moment. */
export type Told = { text: string } | { secret: string }
type Given = Readonly<Record<string, TextGives>>
type Action1<K extends ActionKind, T> = { kind: K } & T
type StepOf<K extends ActionKind> = NonNullable<Step[K]>
/** What the agent knows of its machine. */
export type HostFact = 'hostname' | 'osName' | 'osVersion' | 'architecture'
/** What is known of a machine once it was described: `folders` are its file systems, `leftOut` its swap files, `unsupported` sentences. */
export type MachineFact = StepOf<'machine'>['gives'][string]['of']

export interface Program {
  argv: string[]
  env: Record<string, Told>
}

/** A step with every value in its place: what is to be done, and nothing left to decide. */
export type Action =
  | Action1<'exec', Program & { stdin?: Told; expect: StepOf<'exec'>['expect']; gives: Given }>
  | Action1<'sql', SqlAction>
  | Action1<
      'fileTree',
      { root: string; as: string; include?: string[]; exclude?: string[]; oneFileSystem: boolean }
    >
  | Action1<
      'stream',
      Program & { as: string; expect: StepOf<'stream'>['expect']; checkedBy?: Program }
    >
  | Action1<'file', { path: string; as: string }>
  | Action1<'ldap', LdapAction>
  | Action1<'http', HttpAction>
  | Action1<'facts', { gives: Record<string, { value: Value } | { of: HostFact }> }>
  | Action1<'machine', { root: string; gives: Record<string, { of: MachineFact }> }>
  | Action1<'manual', { text: string }>
  | Action1<'rule', { name: string; with: Record<string, string> }>

export interface SqlAction {
  engine: SqlEngine
  connection: { server?: string; port?: string; user?: string; password?: string }
  database?: string
  /** Statements. */
  text: string
  gives: NonNullable<StepOf<'sql'>['gives']>
}
export interface LdapAction {
  url: string
  bind?: { dn: string /** of a secret */; password: string }
  base: string
  scope: 'base' | 'one' | 'sub'
  filter: string
  gives: StepOf<'ldap'>['gives']
}
export interface HttpAction {
  method: 'GET' | 'POST'
  url: string
  headers: Record<string, Told>
  body?: Told
  expect: StepOf<'http'>['expect']
  gives: Given
}

/** How many times a step is done: once, or once for each item of its list. @throws FillError */
export const itemsOf = (
  { forEach }: Pick<Step, 'forEach'>,
  scope: Scope,
): (string | undefined)[] => {
  if (forEach === undefined) return [undefined]
  const list = lookUp(forEach, scope)
  if (typeof list === 'string') throw new FillError(`"${forEach}" is no list.`)
  return [...list]
}

/** Whether a step is done at all. @throws FillError */
export const isWanted = ({ when }: Pick<Step, 'when'>, scope: Scope): boolean =>
  when === undefined || [when].flat().every(condition => holds(condition, scope))

const holds = ({ value, given, is, isNot }: Condition, scope: Scope): boolean => {
  const actual: Value = lookUp(value, scope)
  const text = typeof actual === 'string' ? actual : actual.join('\n')
  return (
    (given === undefined || given === actual.length > 0) &&
    (is === undefined || text === fillText(is, scope)) &&
    (isNot === undefined || text !== fillText(isNot, scope))
  )
}

/**
 * Fills one step. Pure: the same step and values give the same action, whatever has been run.
 * @throws FillError
 */
export const actionOf = (step: Step, scope: Scope): Action => {
  const text = (template: string) => fillText(template, scope)
  const told = (what: TextOrSecret): Told =>
    typeof what === 'string' ? { text: text(what) } : { secret: what.secret }
  const toldAll = (all: Readonly<Record<string, TextOrSecret>> = {}): Record<string, Told> =>
    Object.fromEntries(Object.entries(all).map(([name, what]) => [name, told(what)]))
  const program = ({ argv, env }: Pick<StepOf<'exec'>, 'argv' | 'env'>): Program => ({
    argv: fillArgv(argv, scope),
    env: toldAll(env),
  })
  const { exec, sql, fileTree, stream, file, ldap, http, facts, machine, manual, rule } = step
  if (exec) {
    const { stdin, expect, gives = {} } = exec
    return { kind: 'exec', ...program(exec), ...(stdin && { stdin: told(stdin) }), expect, gives }
  }
  if (sql) return { kind: 'sql', ...sqlAction(sql, scope) }
  if (fileTree) {
    const { root, as, include, exclude = [], without = [], oneFileSystem = false } = fileTree
    const leftOut = [
      ...fillList(without, scope).flatMap(path => patternBelow(text(root), path)),
      ...fillList(exclude, scope),
    ]
    return {
      kind: 'fileTree',
      root: text(root),
      as: streamName(text(as)),
      ...(include && { include: fillList(include, scope) }),
      ...(leftOut.length > 0 && { exclude: leftOut }),
      oneFileSystem,
    }
  }
  if (stream) {
    const { as, expect, checkedBy } = stream
    return {
      kind: 'stream',
      ...program(stream),
      as: streamName(text(as)),
      expect,
      ...(checkedBy && { checkedBy: program(checkedBy) }),
    }
  }
  if (file) return { kind: 'file', path: text(file.path), as: streamName(text(file.as)) }
  if (ldap) {
    const { url, bind, base, scope: reach, filter, gives } = ldap
    return {
      kind: 'ldap',
      url: text(url),
      ...(bind && { bind: { dn: text(bind.dn), password: bind.password.secret } }),
      base: text(base),
      scope: reach,
      filter: fillLdapFilter(filter, scope),
      gives,
    }
  }
  if (http) {
    const { method, url, headers, body, expect, gives = {} } = http
    return {
      ...{ kind: 'http', method, url: fillUrl(url, scope), headers: toldAll(headers) },
      ...(body && { body: told(body) }),
      ...{ expect, gives },
    }
  }
  if (facts) {
    const gives = Object.entries(facts.gives).map(([name, how]) => [
      name,
      typeof how === 'string' ? { value: fillValue(how, scope) } : how,
    ])
    return { kind: 'facts', gives: Object.fromEntries(gives) }
  }
  if (machine) return { kind: 'machine', root: text(machine.root), gives: machine.gives }
  if (manual) return { kind: 'manual', text: text(manual.text) }
  if (rule) {
    const given = Object.entries(rule.with).map(([name, how]) => [name, text(how)])
    return { kind: 'rule', name: rule.name, with: Object.fromEntries(given) }
  }
  throw new FillError('it has no action.')
}

const sqlAction = (sql: StepOf<'sql'>, scope: Scope): SqlAction => {
  const { engine, connection = {}, database, parameters = {}, gives = {} } = sql
  const more = Object.entries(parameters).map(([name, how]) => [name, fillText(how, scope)])
  const within = { ...scope, values: { ...scope.values, ...Object.fromEntries(more) } }
  const { server, port, user, password } = connection
  /** An empty text: the engine's own default. */
  const given = (name: string, template: string | undefined) => {
    const value = template === undefined ? '' : fillText(template, scope)
    return value === '' ? {} : { [name]: value }
  }
  return {
    engine,
    connection: {
      ...given('server', server),
      ...given('port', port),
      ...given('user', user),
      ...(password && { password: password.secret }),
    },
    ...given('database', database),
    text: sql.text.map(line => fillSql(line, engine, within)).join('\n'),
    gives,
  }
}

const LONGEST = 500 // characters; the repository takes 512, and a tree adds its "/content"

/** @throws FillError where it cannot be the name of a stream in the repository */
const streamName = (name: string): string => {
  if (name === '' || name.length > LONGEST || /\p{Cc}/u.test(name))
    throw new FillError(`"${name}" cannot be the name of what is kept: 1 to ${LONGEST} characters.`)
  return name
}

/** @returns the pattern, as of .gitignore, that fits this path alone in the tree of `root`; none where it lies elsewhere */
const patternBelow = (root: string, path: string): string[] => {
  const folder = root.replace(/\/+$/, '')
  if (!path.startsWith(`${folder}/`)) return []
  return [path.slice(folder.length).replaceAll(/[\\*?[\]]/g, '\\$&')]
}
