import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { streamTo } from '#cli/repo/write-disk.ts'

const never = new AbortController().signal

test('the next piece is asked for when the one before is written, so that its memory may be used again', async () => {
  const written: string[] = []
  let free = true
  const output = new Writable({
    highWaterMark: 1000,
    write(piece: Buffer, _, done) {
      setImmediate(() => {
        written.push(piece.toString())
        free = true
        done()
      })
    },
  })
  const memory = Buffer.alloc(2)
  async function* pieces() {
    for (const text of ['ab', 'cd', 'ef']) {
      expect(free).toBe(true)
      free = false
      memory.write(text)
      yield memory
    }
  }
  await streamTo(output, pieces(), never)
  expect(written).toEqual(['ab', 'cd', 'ef'])
  expect(output.listenerCount('error')).toBe(0)
})

test('a reader that stands still does not hold up who wants to stop', async () => {
  const output = new Writable({ write() {} })
  const stop = new AbortController()
  async function* pieces() {
    yield Buffer.from('a')
  }
  const streaming = streamTo(output, pieces(), stop.signal)
  setImmediate(() => stop.abort(new Error('stopped')))
  await expect(streaming).rejects.toThrow('stopped')
})

test.each([
  ['EPIPE', 'OUTPUT_CLOSED'],
  ['ENOSPC', 'OUTPUT_FULL'],
])('%s is told as %s', async (errno, code) => {
  const output = new Writable({
    write(_piece, _, done) {
      done(Object.assign(new Error(errno), { code: errno, syscall: 'write' }))
    },
  })
  output.on('error', () => {})
  async function* pieces() {
    yield Buffer.from('a')
    yield Buffer.from('b')
  }
  await expect(streamTo(output, pieces(), never)).rejects.toMatchObject({ code })
})
