import { Readable } from 'node:stream'
import fc from 'fast-check'
import { extract, pack } from 'tar-stream'
import { expect, test } from 'vitest'
import { readMeasured } from '#guest-files/measured.ts'
import { tarEnd, withoutEnd } from '#guest-files/tar-end.ts'

type Members = { name: string; content: Uint8Array }[]

const names = fc
  .string({ minLength: 1, maxLength: 150, unit: 'grapheme' })
  .map(name => `./${name.replaceAll(/[/\0]/g, '_')}`)
/** Zeros too: they must not be taken for the end. */
const contents = fc.oneof(
  fc.uint8Array({ maxLength: 2_000 }),
  fc.nat(3_000).map(length => new Uint8Array(length)),
)
const members = fc.array(fc.record({ name: names, content: contents }), { maxLength: 6 })

const tarOf = async (all: Members): Promise<Buffer> => {
  const archive = pack()
  for (const { name, content } of all) archive.entry({ name }, Buffer.from(content))
  archive.finalize()
  return Buffer.concat(await Array.fromAsync(archive as AsyncIterable<Buffer>))
}

const membersOf = async (tar: Uint8Array): Promise<Members> => {
  const archive = extract()
  Readable.from([tar]).pipe(archive)
  const found: Members = []
  for await (const entry of archive) {
    const pieces = await Array.fromAsync(entry as unknown as AsyncIterable<Buffer>)
    found.push({ name: entry.header.name, content: new Uint8Array(Buffer.concat(pieces)) })
  }
  return found
}

/** Cut anywhere, as a pipe does. */
const pieces = async function* (whole: Buffer, sizes: readonly number[]) {
  for (let at = 0, i = 0; at < whole.length; i++) {
    const size = sizes.length === 0 ? whole.length : (sizes[i % sizes.length] as number)
    yield whole.subarray(at, at + size)
    at += size
  }
}

const sizes = fc.array(fc.integer({ min: 1, max: 1_500 }), { maxLength: 5 })

test('a tar goes on with one more member, and those before are as they were', async () => {
  await fc.assert(
    fc.asyncProperty(members, sizes, fc.boolean(), async (all, cuts, more) => {
      // As tar pads it: to records of 10 KiB.
      const tar = Buffer.concat([await tarOf(all), Buffer.alloc(9 * 1_024)])
      const begin = await Array.fromAsync(withoutEnd(pieces(tar, cuts)))
      const last = { name: './more.txt', text: 'more' }
      const whole = Buffer.concat([...begin, await tarEnd(more ? last : undefined)])
      expect(whole.length % 512).toBe(0)
      const wanted = more ? [...all, { name: last.name, content: Buffer.from('more') }] : all
      expect((await membersOf(whole)).map(plain)).toEqual(wanted.map(plain))
    }),
    { numRuns: 60 },
  )
})

const plain = ({ name, content }: Members[number]) => [name, Buffer.from(content).toString('hex')]

test('what the script says before the tar is told from it, wherever the pipe cuts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 3_000 }), sizes, async (rest, cuts) => {
      const data = Buffer.concat([Buffer.from('f\x001234\0'), rest])
      const measured = await readMeasured(pieces(data, cuts))
      expect(measured).toMatchObject({ type: 'f', content: 1_234 })
      const tar = await Array.fromAsync(measured?.tar ?? [])
      expect(Buffer.concat(tar).equals(rest)).toBe(true)
    }),
    { numRuns: 60 },
  )
})

test('nothing, or what is no answer, is no measure', async () => {
  expect(await readMeasured(pieces(Buffer.alloc(0), []))).toBeUndefined()
  for (const wrong of [Buffer.from('f\x0012'), Buffer.alloc(300, 'x')])
    await expect(readMeasured(pieces(wrong, [7]))).rejects.toThrow(
      expect.objectContaining({ code: 'GUEST_READER_FAILED' }),
    )
})
