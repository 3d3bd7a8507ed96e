import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { type Entry, readEntries } from '#cli/files/answers.ts'

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
