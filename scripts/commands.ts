import { globSync, readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { Host } from '../cli/host.ts'
import { pathOf } from '../cli/manual/attach.ts'
import { pages } from '../cli/manual/pages/index.ts'
import { jsonText, roleText } from '../cli/manual/text.ts'
import { wholeProgram } from '../cli/whole-program.ts'
import type { Route } from '../core/contracts/routes/route.ts'
import { type RouteName, routes } from '../core/contracts/routes.ts'

/** The console has the gateway's answers sealed to the browser; the command has the key of the repository itself, and asks nobody. */
const FILES = '`files`, with the key of the repository and without the gateway'

/** Calls that people make, with the commands that make them, and whether the console does. */
export interface Offer {
  name: RouteName
  route: Route
  console: boolean
  commands: readonly string[]
}

/** Calls that no command makes, because a command comes to the same otherwise. */
export const INSTEAD: Partial<Record<RouteName, string>> = {
  getPolicy: '`policies show`, from the list',
  getChannel: '`channels show`, from the list',
  askFiles: FILES,
  getAnswer: FILES,
  withdrawQuestion: FILES,
}

/**
 * Where a person may call something, who offers it.
 * @param read gives the text of the console's sources
 */
export const offers = (read = consoleSources): Offer[] => {
  const text = read()
  return (Object.keys(routes) as RouteName[])
    .filter(name => routes[name].audience === 'person')
    .map(name => ({
      name,
      route: routes[name],
      // By its name in quotes, wherever it stands: a call that is missed here would be missed by nobody else.
      console: text.includes(`'${name}'`),
      commands: Object.entries(pages)
        .filter(([, { calls, callsWith = {} }]) =>
          [calls, ...Object.values(callsWith)].some(some => some.includes(name)),
        )
        .map(([path]) => path),
    }))
}

const consoleSources = (): string =>
  globSync('console/**/*.{ts,tsx}')
    .map(file => readFileSync(file, 'utf8'))
    .join('\n')

const below = (command: Command): Command[] =>
  command.commands
    .filter(child => !child.name().startsWith('__'))
    .flatMap(child => [child, ...below(child)])

const synopsis = (command: Command): string =>
  [
    pathOf(command),
    ...command.registeredArguments.map(argument => {
      const name = argument.name() + (argument.variadic ? '...' : '')
      return argument.required ? `<${name}>` : `[${name}]`
    }),
  ].join(' ')

const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``
const cell = (text: string): string =>
  text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ')
const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`

/** docs/commands.md: every command, what it takes and prints, and what of the API it and the console offer. */
export const commandsPage = async (): Promise<string> => {
  // Nothing is printed and nothing is asked: the definitions are all that is needed.
  const host = { stdout: {} } as Host
  const commands = below(await wholeProgram({ host, exitCode: 0, json: false }, ''))
  const doing = commands.flatMap(command => {
    const page = pages[pathOf(command)]
    return page ? [{ command, page }] : []
  })
  return `# Every command

Made from the program (\`node scripts/commands.ts > docs/commands.md && biome check --write docs/commands.md\`); a test compares. \`xenkeep COMMAND --help\` tells all of one: options, what it needs, exit codes, variables of the environment, examples. [cli.md](cli.md) is the guide.

## What there is

${row('command', 'what it does', 'role')}
${row('---', '---', '---')}
${doing.map(({ command, page }) => row(code(synopsis(command)), cell(command.description()), roleText(page) ?? '-')).join('\n')}

The role is that of the people and tokens of the XenKeep that is asked; commands without one ask none. What of a command takes more is told by its help and by [who-may.md](who-may.md).

## What --json prints

Calls are those of [openapi.json](openapi.json), and shapes are stable: replies may grow by members. Sizes are bytes and times ms since 1970, unless a name says otherwise. A failure is \`{"error": {"code", "message", "advice", "retryable"}}\`, one document, whatever the command prints else; its codes are those of [errors.md](errors.md).

${row('command', 'documents')}
${row('---', '---')}
${doing.map(({ command, page }) => row(code(pathOf(command)), cell(jsonText(page.json).join(' ')))).join('\n')}

## The same by console and by command

Every call that people may make, who offers it, and what it takes. A test fails where the console could do what no command can.

${row('what', 'call', 'role', 'console', 'commands')}
${row('---', '---', '---', '---', '---')}
${offers()
  .map(({ name, route, console, commands: offering }) =>
    row(
      cell(route.summary),
      code(`${route.method} ${route.path}`),
      route.audience === 'person' ? route.role : '-',
      console ? 'yes' : 'no',
      INSTEAD[name] ?? offering.map(code).join(', '),
    ),
  )
  .join('\n')}
`
}

if (import.meta.main) process.stdout.write(await commandsPage())
