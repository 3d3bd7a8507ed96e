import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ExitCode, exitCodeOf } from '#cli/exit-codes.ts'
import type { JsonShape, ManualPage, Part } from '#cli/manual/page.ts'
import { pages } from '#cli/manual/pages/index.ts'
import { exitCodesOf, roleOf } from '#cli/manual/text.ts'
import { Problem } from '#core/contracts/problem.ts'
import type { Route } from '#core/contracts/routes/route.ts'
import { type RouteName, routes } from '#core/contracts/routes.ts'
import { busyCli, type Made, personRoutes } from '#test/support/busy-cli.ts'
import { cliHost } from '#test/support/cli-host.ts'
import { type Line, linesAt } from '#test/support/command-lines.ts'
import { busySite } from '#test/support/good-calls.ts'

/*
 * What programs get: every command that asks a control plane is called at a site where it has something to do, and prints what its page of the manual promises: one
 * document of the contract's shape, or a problem with a code and an advice, whoever asks and whatever is wrong.
 */

const callsOf = ({ calls, callsWith = {} }: ManualPage): RouteName[] => [
  ...new Set([...calls, ...Object.values(callsWith).flat()]),
]
/** `login` asks for a session first, which other tests play through. */
const asking = Object.entries(pages).filter(
  ([path, page]) => callsOf(page).length > 0 && path !== 'login',
)

let site: Awaited<ReturnType<typeof busySite>>
let folder: string
let lines: Record<string, readonly Line[]>
const made: Made[] = []

beforeAll(async () => {
  site = await busySite()
  folder = mkdtempSync(join(tmpdir(), 'xenkeep-lines-'))
  lines = linesAt(site.ids, folder)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const cliAt = async (as?: string) => busyCli(await (await site.copy()).api(), as)

const Failure = z.strictObject({ error: Problem.extend({ advice: z.string().min(5) }) })
const Step = z.looseObject({ event: z.enum(['started', 'progress', 'ended', 'left']) })

const partOf = (part: Part): z.ZodType => {
  const { reply } = routes['all' in part ? part.all : 'one' in part ? part.one : part.answer]
  if ('answer' in part) return reply
  const { items } = (reply as z.ZodObject<{ items: z.ZodArray }>).shape
  return 'all' in part ? items : (items.element as z.ZodType)
}

const schemaOf = (json: JsonShape): z.ZodType =>
  'answer' in json
    ? routes[json.answer].reply
    : 'members' in json
      ? z.strictObject(
          Object.fromEntries(
            Object.entries(json.members).map(([name, part]) => [name, partOf(part)]),
          ),
        )
      : 'run' in json
        ? Step
        : z.looseObject({}).or(z.array(z.unknown()))

const documentsOf = (stdout: string): unknown[] =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map(text => JSON.parse(text))

describe.each(asking)('xenkeep %s', (path, page) => {
  test('prints the documents that its manual promises, by the calls that it names', async () => {
    const seen = new Set<RouteName>()
    expect(lines[path], 'lines in test/support/command-lines.ts').toBeDefined()
    for (const { words, refusal } of lines[path] ?? []) {
      const cli = await cliAt()
      const { exitCode, stdout, stderr } = await cli.run(...path.split(' '), ...words, '--json')
      const told = `${words.join(' ')}: ${stdout}${stderr}`
      for (const call of cli.made) seen.add(call.name)
      made.push(...cli.made)
      const documents = documentsOf(stdout)
      if (refusal !== undefined) {
        expect(documents, told).toHaveLength(1)
        expect(Failure.parse(documents[0]).error.code, told).toBe(refusal)
        expect(exitCode).toBe(exitCodeOf({ code: refusal }))
        continue
      }
      expect([ExitCode.ok, ...exitCodesOf(page).map(([code]) => code)], told).toContain(exitCode)
      expect(documents.length, told).toBeGreaterThan(0)
      for (const document of documents) {
        expect(document, told).not.toHaveProperty('error')
        expect(schemaOf(page.json).safeParse(document).error, told).toBeUndefined()
      }
      if (!page.interruptible) expect(documents, told).toHaveLength(1)
    }
    expect([...seen].toSorted()).toEqual(callsOf(page).toSorted())
  })

  test('says something to people, in words that are whole', async () => {
    for (const { words } of lines[path] ?? []) {
      const { stdout, stderr } = await (await cliAt()).run(...path.split(' '), ...words)
      // Of documents that are printed as they are, members may be called anything.
      const told = path === 'openapi' ? 'as it is' : stdout + stderr
      expect(told.trim()).not.toBe('')
      expect(told).not.toMatch(/undefined|NaN|\[object|Invalid Date|null\b/)
      expect(told, 'one of several').not.toMatch(/(?<![\w.,:/-])1 (?!is\b|was\b|has\b)[A-Za-z]+s\b/)
      for (const line of told.split('\n')) expect(line).toBe(line.trimEnd())
    }
  })

  test('tells what is wrong where nothing runs, and to who is not let in', async () => {
    const [{ words } = { words: [] }] = lines[path] ?? []
    const gone = await cliHost().run(...path.split(' '), ...words, '--json')
    const [failure, ...more] = documentsOf(gone.stdout)
    expect(more).toEqual([])
    expect(Failure.parse(failure).error.code).toBe('NOT_RUNNING')
    expect(gone.exitCode).toBe(ExitCode.unreachable)

    const strangers = [
      ['nobody', 'TOKEN_INVALID'],
      ...((roleOf(page.calls) ?? 'viewer') === 'viewer' ? [] : [['viewer', 'ROLE_INSUFFICIENT']]),
    ]
    for (const [as, code] of strangers) {
      const { exitCode, stdout } = await (await cliAt(as)).run(
        ...path.split(' '),
        ...words,
        '--json',
      )
      expect(Failure.parse(documentsOf(stdout).at(-1)).error.code, `${as}: ${stdout}`).toBe(code)
      expect(exitCode).toBe(ExitCode.refused)
    }
  })
})

test('what a call can be asked for, some command asks', () => {
  const membersOf = (name: RouteName, of: 'query' | 'body') => {
    const schema: unknown = (routes[name] as Route)[of]
    return schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
  }
  const sent = (name: RouteName, of: 'query' | 'body') =>
    new Set(
      made
        .filter(call => call.name === name)
        .flatMap(call => (of === 'query' ? call.query : Object.keys(call.body ?? {}))),
    )
  const missing = personRoutes.flatMap(name =>
    (['query', 'body'] as const).flatMap(of =>
      membersOf(name, of)
        .filter(member => !sent(name, of).has(member))
        .map(member => `${name} ${member}`),
    ),
  )
  expect(missing.filter(each => !NOT_ASKED_FOR.test(each))).toEqual([])
})

/** Pages are followed to their end. Files are read without the gateway (scripts/commands.ts). The menus of the console are no list. Files are sent as they are, and may say whatever the contract takes. */
const NOT_ASKED_FOR =
  /^(.* after|listOccasions limit|(askFiles|getAnswer|withdrawQuestion) .*|listVms facets|(createPolicy|putNotificationSettings) .*)$/
