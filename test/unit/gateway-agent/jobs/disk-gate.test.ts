import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDiskGate, type GateLimits } from '#gateway-agent/jobs/disk-gate.ts'

/** Work that lasts until it is told to end, with who is inside. */
const crowd = (places: number, limits?: GateLimits) => {
  const gate = createDiskGate(places, limits)
  const inside: { vm: string; sr: string; end: () => void }[] = []
  const enter = (vm: string, sr = 'sr') =>
    gate(
      () =>
        new Promise<void>(resolve => {
          const one = {
            vm,
            sr,
            end: () => {
              inside.splice(inside.indexOf(one), 1)
              resolve()
            },
          }
          inside.push(one)
        }),
      { vm, sr },
    )
  return { gate, enter, inside, settle: () => new Promise<void>(resolve => setImmediate(resolve)) }
}

test('a VM with 255 disks leaves a place for each job at work that has none', async () => {
  const { enter, inside, settle } = crowd(8, { jobs: 4, atWork: () => 4 })
  for (let disk = 0; disk < 255; disk++) void enter('huge')
  await settle()
  expect(inside).toHaveLength(5)
  for (const vm of ['a', 'b', 'c']) void enter(vm)
  await settle()
  expect(inside.map(({ vm }) => vm)).toEqual([...Array(5).fill('huge'), 'a', 'b', 'c'])
})

test.each([
  { places: 16, slots: 16, most: 12 },
  { places: 16, slots: 64, most: 12 },
  { places: 16, slots: 4, most: 13 },
  { places: 4, slots: 4, most: 3 },
  { places: 2, slots: 4, most: 2 },
])(
  'alone at work, a VM has three quarters of $places places at least, although $slots jobs may come',
  async ({ places, slots, most }) => {
    let atWork = 1
    const { enter, inside, settle } = crowd(places, { jobs: slots, atWork: () => atWork })
    for (let disk = 0; disk < 255; disk++) void enter('huge')
    await settle()
    expect(inside).toHaveLength(most)
    // Who comes finds the place that was kept; from then on the others are given back one by one.
    atWork = Math.min(2, slots)
    if (most < places) {
      void enter('late')
      await settle()
      expect(inside.at(-1)?.vm).toBe('late')
    }
  },
)

test('what was kept for a job that ends without a stream is given to those that wait', async () => {
  let atWork = 4
  const { gate, enter, inside, settle } = crowd(4, { jobs: 1, atWork: () => atWork })
  for (let disk = 0; disk < 4; disk++) void enter('web')
  await settle()
  expect(inside).toHaveLength(1)
  atWork = 1
  gate.again()
  await settle()
  expect(inside).toHaveLength(4)
})

test('alone at work, a VM has the whole gate where only one job may run', async () => {
  const { enter, inside, settle } = crowd(3)
  for (let disk = 0; disk < 5; disk++) void enter('web')
  await settle()
  expect(inside).toHaveLength(3)
})

test('a storage repository has a bound of its own, and others go on meanwhile', async () => {
  const { enter, inside, settle } = crowd(10, { perSr: 2 })
  for (let disk = 0; disk < 4; disk++) void enter('web', 'slow')
  for (let disk = 0; disk < 3; disk++) void enter('web', 'quick')
  await settle()
  expect(inside.map(({ sr }) => sr)).toEqual(['slow', 'slow', 'quick', 'quick'])
})

test('a failure gives the place back', async () => {
  const gate = createDiskGate(1)
  await expect(gate(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await gate(async () => 'next')).toBe('next')
})

test('who is called off while waiting waits no longer, and takes no place', async () => {
  const gate = createDiskGate(1)
  const held = Promise.withResolvers<string>()
  const first = gate(() => held.promise)
  const stop = new AbortController()
  const never = gate(async () => 'never', { vm: 'b', signal: stop.signal })
  const third = gate(async () => 'third', { vm: 'c' })
  stop.abort(new Error('cancelled'))
  await expect(never).rejects.toThrow('cancelled')
  held.resolve('first')
  expect(await Promise.all([first, third])).toEqual(['first', 'third'])
  await expect(gate(async () => 'late', { signal: stop.signal })).rejects.toThrow('cancelled')
})

test('whatever comes and goes: the bounds hold, and everybody gets in', async () => {
  const stream = fc.record({ vm: fc.constantFrom('a', 'b', 'c'), sr: fc.constantFrom('x', 'y') })
  await fc.assert(
    fc.asyncProperty(
      fc.array(stream, { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 4 }),
      fc.infiniteStream(fc.nat()),
      async (streams, places, perSr, jobs, picks) => {
        const { enter, inside, settle } = crowd(places, { perSr, jobs })
        const all = streams.map(({ vm, sr }) => enter(vm, sr))
        let left = streams.length
        for (const pick of picks) {
          await settle()
          expect(inside.length).toBeLessThanOrEqual(places)
          for (const sr of ['x', 'y'])
            expect(inside.filter(one => one.sr === sr).length).toBeLessThanOrEqual(perSr)
          expect(inside.length).toBeGreaterThan(0)
          inside[pick % inside.length]?.end()
          if (--left === 0) break
        }
        await Promise.all(all)
      },
    ),
    { numRuns: 100 },
  )
})
