import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { type Entry, readEntries, readVolumes } from '#guest-files/answers.ts'

const read = async (...words: string[]) => {
  const entries: Entry[] = []
  const data = Readable.from([Buffer.from(words.map(word => `${word}\0`).join(''))])
  const whole = await readEntries(data, entry => entries.push(entry))
  return { entries, whole }
}
const file = (modified: string, path: string) => {
  const owner = ['0', '0']
  return ['f', '3', modified, '644', ...owner, `/run/guest/${path}`, '']
}

test('a list tells whether it came to its end', async () => {
  const one = file('1.5', 'a')
  expect(await read(...one, 'end')).toEqual({
    entries: [
      {
        ...{ path: '/a', type: 'file', size: 3, mode: '0644', uid: 0, gid: 0 },
        modified: '1970-01-01T00:00:01.500Z',
      },
    ],
    whole: true,
  })
  expect((await read(...one)).whole).toBe(false)
})

test('a time beyond all dates is shown as the last one there is: btrfs keeps 64 bits of seconds', async () => {
  const late = file('9223372036854775807.9', 'late')
  const early = file('-9223372036854775808', 'early')
  const { entries } = await read(...late, ...early, ...file('', 'none'), 'end')
  expect(entries.map(({ modified }) => modified)).toEqual([
    '+275760-09-13T00:00:00.000Z',
    '-271821-04-20T00:00:00.000Z',
    '1970-01-01T00:00:00.000Z',
  ])
})

test('whatever a kernel that was taken over says takes no more memory than an answer', async () => {
  const endless = function* () {
    for (;;) yield Buffer.alloc(64 * 1024, 'x')
  }
  const volumes = function* () {
    for (;;) yield Buffer.from('0\x001\0ext4\0label\0uuid\0'.repeat(1_000))
  }
  const nobodyHears = () => undefined
  for (const reading of [
    readEntries(Readable.from(endless()), nobodyHears),
    readVolumes(Readable.from(endless())),
    readVolumes(Readable.from(volumes())),
  ])
    await expect(reading).rejects.toThrow(expect.objectContaining({ code: 'GUEST_READER_FAILED' }))
})

test('a size that no file has is one that numbers hold', async () => {
  const [type = '', , ...rest] = file('1', 'huge')
  const { entries } = await read(type, '9223372036854775807', ...rest, 'end')
  expect(entries[0]?.size).toBe(Number.MAX_SAFE_INTEGER)
})
