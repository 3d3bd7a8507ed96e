import { expect, test } from 'vitest'
import { commandsOf } from '#console/pages/sites/step-commands.ts'
import { topologyOf } from '#console/pages/sites/topology.ts'
import type { SiteTask } from '#core/contracts/site-graph.ts'

const POOL = '00000000-0000-4000-8000-000000000001'

const vm = (name: string, role: SiteTask['roles'][number], after: string[] = []): SiteTask => ({
  ...{ kind: 'vm', id: name, stage: 'machines', roles: [role], title: `Back up "${name}"` },
  ...{ does: ['It is saved.'], covers: [0], after, method: 'normal' },
  ...{ poolUuid: POOL, vmUuid: POOL, vmName: name },
})
const sql: SiteTask = {
  ...{
    kind: 'component',
    id: 'sql',
    stage: 'logical',
    roles: ['sql'],
    title: 'Save the databases',
  },
  ...{ does: ['They are saved.'], covers: [1], after: [] },
  ...{ guestUuid: POOL, guestName: 'SQL01', recipe: 'sql-server' },
}

test('what waits for what is a line between boxes, and the stages stand in their order', () => {
  const { columns, edges } = topologyOf({ tasks: [vm('DDC01', 'ddc', ['sql']), sql] })
  expect(columns.map(({ stage, nodes }) => [stage, nodes.map(({ title }) => title)])).toEqual([
    ['logical', ['SQL01: sql-server']],
    ['machines', ['DDC01']],
  ])
  expect(edges).toEqual([{ from: 'sql', to: 'DDC01' }])
})

test('more than four of one role are one box, with one line for all of theirs', () => {
  const desktops = [1, 2, 3, 4, 5].map(n => vm(`D${n}`, 'dedicated', ['sql']))
  const { columns, edges } = topologyOf({ tasks: [sql, ...desktops, vm('DC01', 'dc')] })
  expect(columns[1]?.nodes).toMatchObject([
    { role: 'dedicated', count: 5 },
    { role: 'dc', count: 1, title: 'DC01' },
  ])
  expect(edges).toEqual([{ from: 'sql', to: 'machines dedicated' }])
})

test.each([
  ['open', 'automatic', undefined, ['start', 'confirm', 'skip']],
  ['open', 'manual', undefined, ['confirm', 'skip']],
  ['open', 'automatic', [1], ['skip']],
  ['failed', 'automatic', undefined, ['again', 'confirm', 'skip']],
  ['running', 'automatic', undefined, []],
  ['waiting', 'automatic', undefined, []],
  ['done', 'manual', undefined, ['again']],
  ['skipped', 'manual', undefined, ['again']],
] as const)('of a step that is %s and %s, waiting for %j: %j', (state, kind, waits, commands) => {
  const step = { state, kind, ...(waits && { waitsFor: [...waits] }) }
  expect(commandsOf(step)).toEqual(commands)
})
