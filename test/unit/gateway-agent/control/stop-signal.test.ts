import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { stopSignal } from '#gateway-agent/control/stop-signal.ts'
import { memoryLog } from '#test/support/patience.ts'

const fakeProcess = ({ connected = true } = {}) => {
  const exits: number[] = []
  const emitter = new EventEmitter()
  const process = Object.assign(emitter, { connected, exit: (code: number) => exits.push(code) })
  return { exits, emitter, process: process as unknown as NodeJS.Process }
}

describe('the wish to stop', () => {
  it.each(['SIGTERM', 'SIGINT', 'disconnect'])('is heard by %s', event => {
    const { emitter, process, exits } = fakeProcess()
    const signal = stopSignal({ process, log: memoryLog(), graceMs: 60_000 })
    expect(signal.aborted).toBe(false)
    emitter.emit(event)
    expect(signal.aborted).toBe(true)
    expect(exits).toEqual([])
  })

  it('may be told twice: Ctrl-C reaches the supervisor, too, and it passes it on', () => {
    const { emitter, process, exits } = fakeProcess()
    const signal = stopSignal({ process, log: memoryLog(), graceMs: 60_000 })
    for (const event of ['SIGINT', 'SIGTERM', 'disconnect']) emitter.emit(event)
    expect(signal.aborted).toBe(true)
    expect(exits).toEqual([])
  })

  it('is not waited for without end', async () => {
    const { emitter, process, exits } = fakeProcess({ connected: false })
    stopSignal({ process, log: memoryLog(), graceMs: 1 })
    emitter.emit('SIGTERM')
    await expect.poll(() => exits).toEqual([1])
  })
})
