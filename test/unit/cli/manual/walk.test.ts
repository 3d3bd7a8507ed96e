import { existsSync, globSync, readFileSync } from 'node:fs'
import type { Command } from 'commander'
import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { ExitCode } from '#cli/exit-codes.ts'
import { pathOf } from '#cli/manual/attach.ts'
import { examplesOf } from '#cli/manual/examples.ts'
import { pages } from '#cli/manual/pages/index.ts'
import { VARIABLES } from '#cli/manual/variables.ts'
import type { runProgram } from '#cli/program.ts'
import { wholeProgram } from '#cli/whole-program.ts'
import { cliHost } from '#test/support/cli-host.ts'
import { callsIn } from '#test/support/shell-examples.ts'

/*
 * Every command of the program, as somebody meets it who reads its help alone: it says what it does, shows how it is called, what it needs, how it ends, and what
 * a program gets from it. Examples are parsed by the program itself.
 */

const newProgram = (host = { ...cliHostOnce }) =>
  wholeProgram({ host, exitCode: ExitCode.ok, json: false }, '0.0.0')

const cliHostOnce = {
  stdout: { write: () => true, isTTY: false },
  stderr: { write: () => true, isTTY: false },
  stdin: { isTTY: false },
  env: {},
  fetch: () => Promise.reject(new Error('no call is expected')),
  now: () => Date.UTC(2026, 10, 22),
  time: String,
  onStop: () => () => undefined,
} as unknown as Parameters<typeof runProgram>[0]

const below = (command: Command): Command[] =>
  command.commands
    .filter(child => !child.name().startsWith('__'))
    .flatMap(child => [child, ...below(child)])

const commands = below(await newProgram()).map(command => ({ path: pathOf(command), command }))

/** Of the parser alone: nothing is done. @returns the command that a line of words ends at */
const reached = async (words: readonly string[]): Promise<string> => {
  const root = await newProgram()
  let found = ''
  for (const command of below(root))
    if (pages[pathOf(command)])
      command.action(() => {
        found = pathOf(command)
      })
  await root.parseAsync(words, { from: 'user' })
  return found
}

describe.each(commands)('xenkeep $path', ({ path, command }) => {
  const isGroup = pages[path] === undefined

  test('says what it, its arguments and its options are', () => {
    expect(command.description()).toMatch(/^.{15,}[^.]$/)
    for (const argument of command.registeredArguments)
      expect(argument.description || argument.argChoices, argument.name()).toBeTruthy()
    for (const option of command.options) expect(option.description, option.flags).toMatch(/.{6,}/)
  })

  test('has examples, and each is a line that it takes', async () => {
    const examples = examplesOf(command)
    expect(examples.length).toBeGreaterThan(0)
    const calls = examples.flatMap(callsIn)
    expect(calls.length).toBeGreaterThanOrEqual(examples.length)
    const ends = await Promise.all(calls.map(reached))
    expect(ends.some(end => (isGroup ? end.startsWith(`${path} `) : end === path))).toBe(true)
  })

  test('has a page of the manual, unless it only holds others', async () => {
    const root = await newProgram()
    const same = below(root).find(each => pathOf(each) === path)
    expect(Reflect.get(same ?? {}, '_actionHandler') === null).toBe(isGroup)
    for (const see of pages[path]?.see ?? [])
      if (see.endsWith('.md')) expect(existsSync(`docs/${see}`), see).toBe(true)
      else
        expect(
          commands.some(each => each.path === see),
          see,
        ).toBe(true)
  })

  test('has a help of one order, no wider than 100 columns, that ends with the examples', async () => {
    const host = cliHost()
    const { exitCode, stdout } = await host.run(...path.split(' '), '--help')
    expect(exitCode).toBe(0)
    for (const line of stdout.split('\n')) expect(stringWidth(line), line).toBeLessThanOrEqual(100)
    const titles = [...stdout.matchAll(/^([A-Z][A-Za-z -]+):/gm)].map(([, title]) => title)
    const order = ['Usage', 'Arguments', 'Options', 'Commands']
    const manual = ['Needs', 'With --json', 'Exit codes', 'Environment', 'See also']
    expect(titles).toEqual(
      [...order, ...manual, 'Examples'].filter(title => titles.includes(title)),
    )
    expect(titles.slice(-1)).toEqual(['Examples'])
    if (!isGroup)
      expect(titles).toEqual(expect.arrayContaining(['With --json', 'Exit codes', 'See also']))
  })
})

test('no page is of a command that is not there', () => {
  expect(Object.keys(pages).filter(path => !commands.some(each => each.path === path))).toEqual([])
})

test('the help of the whole is no wider, and lists every command', async () => {
  const { stdout } = await cliHost().run('--help')
  for (const line of stdout.split('\n')) expect(stringWidth(line), line).toBeLessThanOrEqual(100)
  for (const { path } of commands.filter(each => !each.path.includes(' ')))
    expect(stdout).toMatch(new RegExp(`^ {2}${path}\\b`, 'm'))
})

test('the manual names the variables of the environment that are read, and no other', () => {
  const sources = globSync('{cli,guest-files}/**/*.ts', {
    exclude: ['cli/manual/**', 'cli/demo/**'],
  })
  const text = sources.map(file => readFileSync(file, 'utf8')).join('\n')
  const read = new Set(
    [...text.matchAll(/\benv\.([A-Z_]+)\b|'(XENKEEP_[A-Z_]+)'|[{,] (XENKEEP_[A-Z_]+)\b/g)].map(
      ([, member, name, part]) => member ?? name ?? part,
    ),
  )
  expect(Object.keys(VARIABLES).toSorted()).toEqual([...read].toSorted())
})
