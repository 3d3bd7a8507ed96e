import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path/win32'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Step } from '#core/contracts/recipe-steps.ts'
import type { Recipe } from '#core/contracts/recipes.ts'
import { type Action, actionOf } from '#core/recipes/action.ts'
import { factsFromRows, factsFromText } from '#core/recipes/gives.ts'
import { knownFailure } from '#core/recipes/known-failures.ts'
import { parametersOf, type Value } from '#core/recipes/parameters.ts'
import { recipes } from '#recipes/index.ts'

const STAGING = 'C:\\ProgramData\\XenKeep\\staging\\01JDA0000000000000000000A1'
const Texts = z.union([z.string(), z.array(z.string())])

/** What a step of a recipe asks for, and what the real thing answers by its maker's documentation. */
const Recorded = z.strictObject({
  step: z.string(),
  item: z.string().optional(),
  argv: z.array(z.string()).optional(),
  /** The same of a program whose last argument is a query, and what that has. */
  argvHas: z.array(z.string()).optional(),
  query: z.array(z.string()).optional(),
  /** The name of what it writes, or gets. */
  stream: z.string().optional(),
  /** Of PowerShell: what its text has, since values come to it by the environment alone. */
  cmdlets: z.array(z.string()).optional(),
  env: z.record(z.string(), z.string()).optional(),
  sql: z.string().optional(),
  sqlHas: z.array(z.string()).optional(),
  rows: z.array(z.array(z.string())).optional(),
  tree: z.tuple([z.string(), z.string()]).optional(),
  file: z.tuple([z.string(), z.string()]).optional(),
  manual: z.string().optional(),
  stdout: z.string().optional(),
  facts: z.record(z.string(), Texts).optional(),
  /** What it writes when it fails, and what that is to us. */
  refuses: z.string().optional(),
  code: z.string().optional(),
})
const Transcript = z.strictObject({
  /** Where the commands and their output are documented. */
  source: z.string().min(20),
  parameters: z.record(z.string(), Texts),
  point: z.record(z.string(), Texts),
  steps: z.array(Recorded).min(1),
})
type Recorded = z.infer<typeof Recorded>

const names = readdirSync('test/transcripts').map(file => file.replace('.json', ''))
const untried = [...recipes.values()].filter(({ evidence }) => evidence === 'transcript')

test('every recipe that was never run on the real thing has a transcript', () => {
  expect(names.sort()).toEqual(untried.map(({ name }) => name).sort())
})

const flags = (pattern: string) => new RegExp(pattern, 'mu')

const askedFor = (action: Action, recorded: Recorded) => {
  if (action.kind === 'exec' || action.kind === 'stream') {
    const { argv, env } = action
    if (recorded.argv) expect(argv).toEqual(recorded.argv)
    const { argvHas, query } = recorded
    if (argvHas) expect(argv.slice(0, query ? -1 : undefined)).toEqual(argvHas)
    for (const part of query ?? []) expect(argv.at(-1)).toContain(part)
    expect(action.kind === 'stream' ? action.as : undefined).toBe(recorded.stream)
    if (recorded.cmdlets) {
      expect(argv.slice(0, 4)).toEqual([
        'powershell.exe',
        '-NoProfile',
        '-NonInteractive',
        '-Command',
      ])
      expect(argv[4]).toMatch(/^\$ErrorActionPreference = 'Stop'; /)
      for (const cmdlet of recorded.cmdlets) expect(argv[4]).toContain(cmdlet)
    }
    const texts = Object.entries(env).map(([name, told]) => [name, 'text' in told && told.text])
    expect(Object.fromEntries(texts)).toEqual(recorded.env ?? {})
  }
  if (action.kind === 'sql') {
    if (recorded.sql) expect(action.text).toBe(recorded.sql)
    for (const part of recorded.sqlHas ?? []) expect(action.text).toContain(part)
  }
  if (recorded.tree)
    expect(action).toMatchObject({ kind: 'fileTree', root: recorded.tree[0], as: recorded.tree[1] })
  if (recorded.file)
    expect(action).toMatchObject({ kind: 'file', path: recorded.file[0], as: recorded.file[1] })
  if (recorded.manual)
    expect(action).toMatchObject({
      kind: 'manual',
      text: expect.stringContaining(recorded.manual),
    })
}

const answered = (action: Action, recorded: Recorded): Record<string, Value> => {
  const { stdout = '', rows = [], facts = {} } = recorded
  if (action.kind === 'sql') return factsFromRows(action.gives, rows)
  if (action.kind === 'facts')
    return Object.fromEntries(
      Object.entries(action.gives).map(([name, how]) => [
        name,
        // Of its machine the agent says what it is asked.
        'of' in how ? (facts[name] ?? '') : how.value,
      ]),
    )
  if (action.kind !== 'exec') return {}
  if (action.expect.stdout) expect(stdout).toMatch(flags(action.expect.stdout))
  return factsFromText(action.gives, { stdout, stderr: '' })
}

const refused = (action: Action, { refuses, code }: Recorded) => {
  if (refuses === undefined) return
  const isProgram = action.kind === 'exec' || action.kind === 'stream'
  if (isProgram) expect(refuses).not.toMatch(flags(action.expect.stdout ?? '(?!)'))
  const program = isProgram
    ? basename(action.argv[0] ?? '')
    : action.kind === 'sql'
      ? action.engine
      : ''
  if (!code) return
  const error = knownFailure({ program, text: refuses })
  expect(error).toMatchObject({
    code,
    // A sentence, and what to do about it.
    message: expect.stringMatching(/^[A-Z].*: .+/),
    advice: expect.stringMatching(/^[A-Z].*\.$/),
  })
}

const stepsOf = ({ phases }: Recipe): Step[] => Object.values(phases).flatMap((steps = []) => steps)

describe.each(names)('the transcript of %s', name => {
  const recipe = recipes.get(name) as Recipe
  const transcript = Transcript.parse(
    JSON.parse(readFileSync(`test/transcripts/${name}.json`, 'utf8')),
  )

  test('has what the recipe asks for, and the recipe understands what it answers', () => {
    const values: Record<string, Value> = {
      ...parametersOf(recipe, {}, transcript.parameters),
      staging: STAGING,
    }
    for (const recorded of transcript.steps) {
      const step = stepsOf(recipe).find(({ id }) => id === recorded.step)
      if (!step) throw new Error(`The recipe has no step ${recorded.step}.`)
      const { item } = recorded
      const scope = {
        values: { ...values, ...(item && { item }) },
        point: { ...values, ...transcript.point },
      }
      const action = actionOf(step, scope)
      askedFor(action, recorded)
      const facts = answered(action, recorded)
      expect(facts).toEqual(recorded.facts ?? {})
      refused(action, recorded)
      Object.assign(values, facts)
    }
  })

  test('has every step that saves something', () => {
    const { probe = [], quiesce = [], capture, verify = [], release = [] } = recipe.phases
    const needed = [...probe, ...quiesce, ...capture, ...verify, ...release]
    const there = new Set(transcript.steps.map(({ step }) => step))
    expect(needed.filter(({ id }) => !there.has(id)).map(s => s.id)).toEqual([])
  })

  test('fills every step of the restore from what the point holds', () => {
    const values = { ...parametersOf(recipe, {}, transcript.parameters), staging: STAGING }
    const facts = Object.assign({}, ...transcript.steps.map(({ facts = {} }) => facts))
    const scope = {
      values: { ...values, item: 'CitrixSite', ...facts },
      point: { ...values, ...facts, ...transcript.point },
    }
    for (const step of recipe.phases.restore ?? [])
      expect(JSON.stringify(actionOf(step, scope))).not.toContain('${')
  })
})
