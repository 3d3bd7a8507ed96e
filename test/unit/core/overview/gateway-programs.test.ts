import { expect, test } from 'vitest'
import type { Gateway } from '#core/gateways/gateway.ts'
import { differingPrograms, missingPrograms } from '#core/overview/gateway-programs.ts'

const [ONE, TWO] = ['pool-1', 'pool-2']
const gateway = (name: string, pool: string, more: Partial<Gateway> = {}): Gateway => ({
  ...{ gatewayId: name, name, publicKey: '', enrolled: 1 },
  pools: [{ uuid: pool, name: `the ${pool}` }],
  ...more,
})
const texts = (...gateways: Gateway[]) => differingPrograms(gateways).map(({ text }) => text)

test('gateways of one pool with other programs are told before a run finds out', () => {
  const first = gateway('first', ONE, { hookScripts: ['freeze', 'tape'] })
  const second = gateway('second', ONE, { hookScripts: ['tape'] })
  expect(texts(first, second)).toEqual([
    'The gateways "first", "second" serve the pool "the pool-1", and only "first" has the program "freeze": a policy that names it would fail at the other one.',
  ])
  expect(texts(first, gateway('second', ONE, { hookScripts: ['other'] }))).toHaveLength(2)
})

test('those of different pools, those alike and those that do not tell are not', () => {
  const first = gateway('first', ONE, { hookScripts: ['freeze'] })
  expect(texts(first, gateway('second', TWO, { hookScripts: [] }))).toEqual([])
  expect(texts(first, gateway('second', ONE, { hookScripts: ['freeze'] }))).toEqual([])
  expect(texts(first, gateway('second', ONE))).toEqual([])
})

test('of more programs than are noted nothing is said of those behind', () => {
  const names = Array.from({ length: 50 }, (_, n) => `b${String(n).padStart(2, '0')}`)
  const first = gateway('first', ONE, { hookScripts: names })
  const second = gateway('second', ONE, { hookScripts: ['a', ...names.slice(0, -1)] })
  expect(texts(first, second)).toEqual([
    expect.stringContaining('only "second" has the program "a": a policy that names it'),
  ])
})

test('a program without its file is told', () => {
  expect(missingPrograms(gateway('first', ONE))).toEqual([])
  expect(missingPrograms(gateway('first', ONE, { missingScripts: ['tape'] }))).toMatchObject([
    {
      ...{ kind: 'gateway-programs', standing: 'warning' },
      text: 'The settings of the gateway "first" name programs whose files are not there or may not be run: "tape".',
    },
  ])
})
