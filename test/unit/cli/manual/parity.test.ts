import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { EXIT_CODE_MEANINGS } from '#cli/exit-codes.ts'
import { pages } from '#cli/manual/pages/index.ts'
import { type RouteName, routes } from '#core/contracts/routes.ts'
import { personRoutes } from '#test/support/busy-cli.ts'
import { commandsPage, INSTEAD, offers } from '../../../../scripts/commands.ts'

/** Views of one item that commands take from the list, which has all of it: the same schema, so the same facts. */
const IN_LISTS: Partial<Record<RouteName, RouteName>> = {
  getPolicy: 'listPolicies',
  getChannel: 'listChannels',
}

test('whatever a person may call, some command calls', () => {
  const without = offers().filter(({ commands }) => commands.length === 0)
  expect(without.map(({ name }) => name).filter(name => !(name in INSTEAD))).toEqual([])
})

test('what is taken from a list is all that the call of one would tell', () => {
  for (const [one, list] of Object.entries(IN_LISTS) as [RouteName, RouteName][]) {
    const { items } = (routes[list].reply as unknown as { shape: { items: { element: unknown } } })
      .shape
    expect(items.element, one).toBe(routes[one].reply)
  }
})

test('a call that only the console would make is seen', () => {
  const found = offers(() => "useDeed('getOpenapi')").filter(({ console }) => console)
  expect(found.map(({ name }) => name)).toEqual(['getOpenapi'])
})

test('the console is looked through', () => {
  const used = offers().filter(({ console }) => console)
  expect(used.length).toBeGreaterThan(40)
})

test('no command names a call in its manual that no source of the command line makes', () => {
  const sources = globSync('cli/**/*.ts', { exclude: ['cli/manual/**'] })
  const text = sources.map(file => readFileSync(file, 'utf8')).join('\n')
  const made = personRoutes.filter(name => text.includes(`'${name}'`))
  const named = Object.values(pages).flatMap(({ calls, callsWith = {} }) => [
    ...calls,
    ...Object.values(callsWith).flat(),
  ])
  expect([...new Set(named)].toSorted()).toEqual(made.toSorted())
})

test('docs/commands.md is what the program says', async () => {
  // Biome sets the columns of tables.
  const plain = (text: string) =>
    text.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---').split('\n')
  expect(plain(readFileSync('docs/commands.md', 'utf8'))).toEqual(plain(await commandsPage()))
})

test('docs/cli.md tells the exit codes as the program does', () => {
  const page = readFileSync('docs/cli.md', 'utf8').replaceAll(/ +/g, ' ')
  for (const [code, meaning] of EXIT_CODE_MEANINGS)
    expect(page).toContain(`| ${code} | ${meaning} |`)
})
