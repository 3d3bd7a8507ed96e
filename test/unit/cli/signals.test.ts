import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import type { StopRequest } from '#cli/host.ts'
import { stopRequests } from '#cli/signals.ts'

const fakeProcess = (connected: boolean) =>
  Object.assign(new EventEmitter(), {
    connected,
    channel: { unref: () => {} },
  }) as unknown as NodeJS.Process & EventEmitter

test('one keystroke that arrives three times is one request; a later one is the second', () => {
  const process = fakeProcess(false)
  let time = 0
  const heard: StopRequest[] = []
  const stopListening = stopRequests(process, () => time)(request => heard.push(request))
  for (const at of [0, 3, 390]) {
    time = at
    process.emit('SIGINT')
  }
  expect(heard).toEqual([{ signal: 'SIGINT', again: false }])
  time = 800
  process.emit('SIGTERM')
  expect(heard[1]).toEqual({ signal: 'SIGTERM', again: true })
  stopListening()
  process.emit('SIGINT')
  expect(heard).toHaveLength(2)
  expect(process.eventNames()).toEqual([])
})

test('a parent that is gone is a request to stop', () => {
  const process = fakeProcess(true)
  const heard: StopRequest[] = []
  stopRequests(process, () => 0)(request => heard.push(request))
  process.emit('disconnect')
  expect(heard).toEqual([{ signal: 'parent gone', again: false }])
})
