import type { ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { type ChildEnd, HOPELESS, superviseChild } from '#cli/supervisor/supervised-child.ts'

/** Processes that end when the test says so, and a clock that only sleeping and living move. */
const fakePorts = () => {
  const started: (EventEmitter & { signals: string[] })[] = []
  const restarts: { end: ChildEnd; delay: number }[] = []
  const waiting: ((_: unknown) => void)[] = []
  let time = 0
  return {
    started,
    restarts,
    end: async (lived: number, code: number | null, signal: NodeJS.Signals | null = null) => {
      time += lived
      started.at(-1)?.emit('close', code, signal)
      await new Promise(setImmediate)
    },
    wake: async () => {
      waiting.shift()?.(undefined)
      await new Promise(setImmediate)
    },
    ports: {
      spawn: () => {
        const signals: string[] = []
        const kill = (signal: string) => signals.push(signal)
        started.push(Object.assign(new EventEmitter(), { pid: started.length + 1, kill, signals }))
        return started.at(-1) as unknown as ChildProcess
      },
      now: () => time,
      sleep: (_ms: number, signal: AbortSignal) =>
        new Promise<void>((resolve, reject) => {
          waiting.push(() => resolve())
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
      onRestart: (end: ChildEnd, delay: number) => restarts.push({ end, delay }),
    },
  }
}

test('a child that dies is started again, later each time, until it has lived for a minute', async () => {
  const { ports, started, restarts, end, wake } = fakePorts()
  superviseChild(ports)
  for (const _ of [1, 2, 3]) {
    await end(10, null, 'SIGKILL')
    await wake()
  }
  expect(restarts.map(({ delay }) => delay)).toEqual([500, 1_000, 2_000])
  expect(restarts[0]?.end).toEqual({ code: null, signal: 'SIGKILL', lived: 10 })
  for (const _ of [1, 2, 3, 4, 5]) {
    await end(10, 1)
    await wake()
  }
  expect(restarts.at(-1)?.delay).toBe(30_000)
  await end(60_000, 1)
  expect(restarts.at(-1)?.delay).toBe(500)
  await wake()
  expect(started).toHaveLength(10)
})

test('a child that says that its settings are wrong is not started again', async () => {
  const { ports, started, end } = fakePorts()
  const child = superviseChild(ports)
  await end(5, HOPELESS)
  await expect(child.ended).resolves.toEqual({ code: HOPELESS, signal: null, lived: 5 })
  expect(started).toHaveLength(1)
})

test('a stop ends the child and the waiting for its next start', async () => {
  const { ports, started, end } = fakePorts()
  const child = superviseChild(ports)
  child.stop()
  expect(started[0]?.signals).toEqual(['SIGTERM'])
  await end(5, 0)
  await expect(child.ended).resolves.toBeUndefined()

  const dead = superviseChild(ports)
  await end(5, 1)
  dead.stop()
  await expect(dead.ended).resolves.toBeUndefined()
  expect(started).toHaveLength(2)
})

test('a program that cannot be started counts as one that died', async () => {
  const { ports, started, restarts } = fakePorts()
  superviseChild(ports)
  started[0]?.emit('error', new Error('spawn ENOENT'))
  await new Promise(setImmediate)
  expect(restarts[0]?.end).toMatchObject({ code: null, signal: null })
})
