import type { Argument, Command, Option } from 'commander'
import { describe, expect, test } from 'vitest'
import { clientFor, type Program } from '#cli/command.ts'
import { candidatesAt } from '#cli/completion/candidates.ts'
import { kindOf, placeholderOf } from '#cli/completion/kinds.ts'
import { ExitCode } from '#cli/exit-codes.ts'
import { wholeProgram } from '#cli/whole-program.ts'
import { cliHost, runningCli } from '#test/support/cli-host.ts'
import { vmView } from '#test/support/points.ts'

const rootOf = (cli: ReturnType<typeof cliHost>) => {
  const program: Program = { host: cli.host, exitCode: ExitCode.ok, json: false }
  return wholeProgram(program, '0.0.0')
}

const offered = async (line: string, cli = cliHost()) => {
  const words = line.split(' ')
  const current = words.pop() ?? ''
  const { files, words: found } = await candidatesAt(await rootOf(cli), words, current, () =>
    clientFor(cli.host, cli.dataDir),
  )
  return files ? 'files' : found.map(({ value }) => value)
}

const site = () =>
  runningCli({
    'GET /v1/vms': {
      items: ['db-01', 'two words', '--all', 'a\nb', 'a\u202eb'].map(name => ({ ...vmView, name })),
    },
  })

describe('what is offered at the tab key', () => {
  test.each([
    ['pol', ['policies']],
    ['policies du', ['duplicate']],
    ['__', []],
    ['backup --wire ', ['zstd', 'gzip']],
    ['backup --wire=z', ['--wire=zstd']],
    ['policies create -f ', 'files'],
    ['--data ', 'files'],
    ['completion ', ['bash', 'zsh', 'fish']],
    ['backup --lock ', []],
    ['vms --js', ['--json']],
    ['backup -- --js', []],
  ])('%s', async (line, expected) => {
    expect(await offered(line)).toEqual(expected)
  })

  test('names that can stand on a command line, of a XenKeep that is asked', async () => {
    const cli = await site()
    expect(await offered('backup ', cli)).toEqual(['db-01', 'two words'])
    expect(await offered('backup db-01 tw', cli)).toEqual(['two words'])
    expect(await offered('restore latest:d', cli)).toEqual(['latest:db-01'])
    expect(cli.calls).toEqual([
      'GET /v1/vms?limit=1000',
      'GET /v1/vms?limit=1000&search=tw',
      'GET /v1/vms?limit=1000&search=d',
    ])
  })

  test('where XenKeep does not answer there are no names, and no failure', async () => {
    expect(await offered('backup ')).toEqual([])
    const refusing = await runningCli({ 'GET /v1/vms': new TypeError('fetch failed') })
    expect(await offered('backup ', refusing)).toEqual([])
  })

  test('a value that is called like something XenKeep knows is completed', async () => {
    const unknown = everyValue(await rootOf(cliHost()))
      .filter(value => kindOf(value) === undefined && !value.argChoices)
      .map(placeholderOf)
    expect(unknown.filter(name => NOUN.test(name) && !FREE.has(name))).toEqual([])
  })
})

const NOUN = /vm|polic|gateway|channel|run|point|token|file|dir/
/** Pairs, of which only the person knows the second half. */
const FREE = new Set(['vm:disk', 'vm=method[:fallback'])

const everyValue = (command: Command): (Argument | Option)[] => [
  ...command.registeredArguments,
  ...command.options.filter(({ required, optional }) => required || optional),
  ...command.commands.flatMap(everyValue),
]
