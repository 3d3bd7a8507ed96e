import { expect, test } from 'vitest'
import { ByteBudget } from '#repository/write/byte-budget.ts'

const isSettled = async (promise: Promise<unknown>) => {
  const open = Symbol('open')
  await new Promise(resolve => setImmediate(resolve))
  return (await Promise.race([promise, open])) !== open
}

test('who finds nothing left waits, and the first in line is served first', async () => {
  const budget = new ByteBudget(100)
  const first = await budget.take(80)
  const large = budget.take(60)
  const small = budget.take(10)
  expect(await isSettled(large)).toBe(false)
  expect(await isSettled(small)).toBe(false)
  first.release()
  await large
  await small
  expect(budget.used).toBe(70)
})

test('giving back twice gives back once', async () => {
  const budget = new ByteBudget(100)
  const permit = await budget.take(40)
  permit.shrink(10)
  expect(budget.used).toBe(10)
  permit.shrink(30)
  expect(budget.used).toBe(10)
  permit.release()
  permit.release()
  expect(budget.used).toBe(0)
})

test('more than the whole counts as the whole', async () => {
  const budget = new ByteBudget(100)
  const permit = await budget.take(1000)
  expect(permit.bytes).toBe(100)
})

test('open packs are closed when nothing else can give way, and only then', async () => {
  const budget = new ByteBudget(100)
  let closed = 0
  const parked = await budget.take(60)
  const working = await budget.take(40)
  const close = () => {
    closed++
    parked.unpark()
    parked.release()
  }
  budget.onPressure({ size: () => parked.bytes, close })
  parked.park()
  const waiting = budget.take(50)
  expect(await isSettled(waiting)).toBe(false)
  expect(closed).toBe(0)
  working.park()
  await waiting
  expect(closed).toBe(1)
})

test('the largest pack gives way, the others grow on', async () => {
  const budget = new ByteBudget(100)
  const packs = await Promise.all([20, 50, 30].map(bytes => budget.take(bytes)))
  const closed: number[] = []
  for (const pack of packs) {
    pack.park()
    budget.onPressure({
      size: () => pack.bytes,
      close: () => {
        closed.push(pack.bytes)
        pack.unpark()
        pack.release()
      },
    })
  }
  const next = await budget.take(40)
  expect(closed).toEqual([50])
  next.park()
  await budget.take(30)
  expect(closed).toEqual([50, 30])
})

test('readers do not keep open packs from being closed', async () => {
  const budget = new ByteBudget(100)
  await budget.take(50, 'read')
  const parked = await budget.take(50)
  const close = () => {
    parked.unpark()
    parked.release()
  }
  budget.onPressure({ size: () => parked.bytes, close })
  parked.park()
  await budget.take(50)
  expect(budget.used).toBe(100)
})

test('force takes beyond the total', async () => {
  const budget = new ByteBudget(100)
  await budget.take(100)
  const permit = budget.force(50)
  expect(budget.used).toBe(150)
  permit.release()
  expect(budget.used).toBe(100)
})
