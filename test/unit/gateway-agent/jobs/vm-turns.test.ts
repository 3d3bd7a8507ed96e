import { expect, test } from 'vitest'
import { createVmTurns } from '#gateway-agent/jobs/vm-turns.ts'

const setUp = () => {
  const turns = createVmTurns()
  const log: string[] = []
  const begin = (
    name: string,
    vm: string | string[] = 'vm',
    signal = new AbortController().signal,
  ) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const onWait = () => log.push(`${name} waits`)
    const done = turns([vm].flat(), { signal, onWait }, async () => {
      log.push(`${name} works`)
      await promise
      return name
    })
    return { done, end: resolve, fail: reject }
  }
  const settled = () => new Promise(resolve => setImmediate(resolve))
  return { log, begin, settled }
}

test('jobs on one VM come one after the other, those on another VM beside them', async () => {
  const { log, begin, settled } = setUp()
  const [one, two, three] = [begin('one'), begin('two'), begin('three')]
  const other = begin('other', 'other vm')
  await settled()
  expect(log).toEqual(['one works', 'two waits', 'three waits', 'other works'])
  two.end()
  three.end()
  other.end()
  one.fail(new Error('broken'))
  await expect(one.done).rejects.toThrow('broken')
  expect(await Promise.all([two.done, three.done, other.done])).toEqual(['two', 'three', 'other'])
  expect(log.slice(4)).toEqual(['two works', 'three works'])
})

test('who is cancelled while waiting leaves, and does not let others pass the one at work', async () => {
  const { log, begin, settled } = setUp()
  const cancel = new AbortController()
  const one = begin('one')
  const two = begin('two', 'vm', cancel.signal)
  const three = begin('three')
  cancel.abort(new Error('cancelled'))
  await expect(two.done).rejects.toThrow('cancelled')
  await settled()
  expect(log).toEqual(['one works', 'two waits', 'three waits'])
  one.end()
  three.end()
  expect(await three.done).toBe('three')
})

test('who comes after one that was cancelled while waiting waits for the one at work', async () => {
  const { log, begin, settled } = setUp()
  const cancel = new AbortController()
  const one = begin('one')
  const two = begin('two', 'vm', cancel.signal)
  cancel.abort(new Error('cancelled'))
  await expect(two.done).rejects.toThrow('cancelled')
  const three = begin('three')
  await settled()
  expect(log).toEqual(['one works', 'two waits', 'three waits'])
  one.end()
  three.end()
  expect(await three.done).toBe('three')
  expect(log.at(-1)).toBe('three works')
})

test('who needs several VMs waits for all of them, and two whose VMs overlap do not wait for each other', async () => {
  const { log, begin, settled } = setUp()
  const single = begin('single', 'b')
  const [both, crossed] = [begin('both', ['a', 'b']), begin('crossed', ['b', 'a'])]
  const late = begin('late', 'a')
  await settled()
  expect(log).toEqual(['single works', 'both waits', 'crossed waits', 'late waits'])
  single.end()
  await settled()
  expect(log.slice(4)).toEqual(['both works'])
  both.end()
  await settled()
  expect(log.slice(5)).toEqual(['crossed works'])
  crossed.end()
  late.end()
  expect(await late.done).toBe('late')
})
