import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createHostPlaces } from '#gateway-agent/sources/nbd/places.ts'
import { agentOnPool } from '#test/support/agent-on-pool.ts'

const MIB = 1024 * 1024

test.for(['nbd', 'none'] as const)('disks are read from every host of the pool (%s)', async nbd => {
  const disks = [randomBytes(4 * MIB), randomBytes(4 * MIB)]
  await using agent = await agentOnPool({ web: disks }, { nbd })
  const { database } = agent.client.pool.state
  const hosts = new Set<string>()
  database.onChange(({ className, ref }) => {
    const vbd = className === 'VBD' ? database.find('VBD', ref) : undefined
    const vm = vbd && database.find('VM', vbd.VM)
    if (vm?.is_control_domain) hosts.add(vm.name_label)
  })
  agent.client.pool.state.limits.set({ bytesPerSecond: 20 * MIB })
  await agent.run(agent.backupSpec('web'))
  expect(hosts.size).toBe(2)
})

test('places: the emptiest host first, a bound for each, and who waits gets what is freed', async () => {
  const places = createHostPlaces(2)
  const { signal } = new AbortController()
  const taken = [1, 2, 3, 4].map(() => places.takeNow(['a', 'b']))
  expect(taken.map(place => place?.address)).toEqual(['a', 'b', 'a', 'b'])
  expect(places.takeNow(['a', 'b'])).toBeUndefined()
  const waiting = places.take(['b'], signal)
  const impatient = new AbortController()
  const givenUp = places.take(['a'], impatient.signal)
  impatient.abort(new Error('no more'))
  await expect(givenUp).rejects.toThrow('no more')
  taken[0]?.free()
  taken[0]?.free()
  taken[1]?.free()
  expect((await waiting).address).toBe('b')
  expect(places.takeNow(['a', 'b'])?.address).toBe('a')
  expect(places.takeNow(['a', 'b'])).toBeUndefined()
})

test('places: a disk without any comes before one that wants another, and asks for one back', async () => {
  const places = createHostPlaces(2)
  const { signal } = new AbortController()
  const asked: string[] = []
  const answer = (name: string, gives: boolean) => () => asked.push(name) > 0 && gives
  const only = places.takeNow(['a'], answer('its only one', false))
  const extra = places.takeNow(['a'], answer('extra', true))
  const another = places.take(['a'], signal, () => true)
  expect(asked).toEqual([])
  const without = places.take(['a'], signal)
  expect(asked).toEqual(['its only one', 'extra'])
  extra?.free()
  expect((await without).address).toBe('a')
  only?.free()
  expect((await another).address).toBe('a')
})
