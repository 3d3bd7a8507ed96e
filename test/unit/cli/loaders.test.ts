import { expect, test } from 'vitest'
import { ExitCode } from '#cli/exit-codes.ts'
import { commandOf } from '#cli/loaders.ts'
import { rootOf } from '#cli/root.ts'
import { wholeProgram } from '#cli/whole-program.ts'
import { cliHost } from '#test/support/cli-host.ts'

/*
 * A command is loaded alone, by its name; what is loaded has to be what it is called, or a line would run something else. Steps: each command of the
 * whole program is asked for by its name, behind global options, too. Passes when it is that command, and words that are none load nothing.
 */

const program = () => ({ host: cliHost().host, exitCode: ExitCode.ok, json: false })

test('every command is found by its name', async () => {
  const { commands } = await wholeProgram(program(), '0.0.0')
  for (const name of commands.map(command => command.name()).filter(n => !n.startsWith('__')))
    for (const before of [[], ['--json'], ['--data', 'up'], ['--data=tree', '--json']]) {
      const make = await commandOf([...before, name, 'site'])
      const root = rootOf(program(), '0.0.0', make ? [make] : [])
      expect(root.commands.map(command => command.name())).toEqual([name])
    }
})

test.each([
  [[]],
  [['--help']],
  [['--version']],
  [['help', 'tree']],
  [['constructor']],
  [['__complete', 'bash']],
  [['--data']],
  [['--unknown', 'tree']],
])('%j is for the whole program', async args => {
  expect(await commandOf(args)).toBeUndefined()
})
