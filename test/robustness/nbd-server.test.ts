import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import type { NbdExport } from '#nbd-server/exports.ts'
import {
  parseContextRequest,
  parseInfoRequest,
  parseOptionHead,
  parseRequest,
} from '#nbd-server/messages.ts'
import { startNbdServer } from '#nbd-server/server.ts'
import { contextData, goData, nbdClient } from '#test/support/nbd-client.ts'

const SIZE = 300_000
const disk = Buffer.from(Array.from({ length: SIZE }, (_, i) => (i * 7 + (i >> 8)) & 0xff))
disk.fill(0, 100_000, 200_000)
const BROKEN = 250_000 // a byte that cannot be read

const exported = (names: [string, ...string[]] = ['0', 'uuid']): NbdExport => ({
  names,
  description: 'a disk',
  size: SIZE,
  preferredBlock: 65_536,
  read: async (offset, length) => {
    if (offset <= BROKEN && BROKEN < offset + length) throw new Error('broken')
    return disk.subarray(offset, offset + length)
  },
  extents: async (offset, length) =>
    [
      { offset: 0, end: 100_000, zero: false },
      { offset: 100_000, end: 200_000, zero: true },
      { offset: 200_000, end: SIZE, zero: false },
    ]
      .map(each => ({
        offset: Math.max(each.offset, offset),
        length: Math.min(each.end, offset + length) - Math.max(each.offset, offset),
        zero: each.zero,
      }))
      .filter(each => each.length > 0),
})

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

const started = async (options: Partial<Parameters<typeof startNbdServer>[0]> = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'nbd-server-'))
  const path = join(folder, 's')
  const server = await startNbdServer({ listen: { path }, exports: [exported()], ...options })
  cleanups.push(() => rmSync(folder, { recursive: true }))
  cleanups.push(() => server.close())
  const client = async () => {
    const made = await nbdClient(path)
    cleanups.push(() => {
      made.destroy()
    })
    return made
  }
  return { server, path, client }
}

/** Through the handshake, as a client of today. */
const agreed = async (client: Awaited<ReturnType<typeof nbdClient>>) => {
  await client.greet()
  await client.option(8)
  await client.option(10, contextData('', ['base:allocation']))
  await client.option(7, goData(''))
  return client
}

/** Whoever does right is served, whatever others do. */
const isServing = async (client: () => ReturnType<typeof nbdClient>) => {
  const good = await agreed(await client())
  good.request(0, { offset: 10, length: 20, flags: 4 })
  const { type, data } = await good.chunk()
  expect(type).toBe(1)
  expect(data.subarray(8).equals(disk.subarray(10, 30))).toBe(true)
  good.destroy()
}

describe('the handshake', () => {
  test('tells size, flags, block sizes, name and description', async () => {
    const { client } = await started()
    const one = await client()
    expect((await one.greet()).toString('latin1', 0, 16)).toBe('NBDMAGICIHAVEOPT')
    const [about, blocks, name, text, ack] = await one.option(6, goData('uuid', [1, 2, 3]))
    expect(about?.data.readBigUInt64BE(2)).toBe(BigInt(SIZE))
    expect(about?.data.readUInt16BE(10)).toBe(0b1_0000_0011) // has flags, read-only, several connections
    expect(blocks?.data.subarray(2).toString('hex')).toBe('000000010001000002000000')
    expect(name?.data.toString('utf8', 2)).toBe('0')
    expect(text?.data.toString('utf8', 2)).toBe('a disk')
    expect(ack?.type).toBe(1)
  })

  test('the old way in works too', async () => {
    const { client } = await started()
    const one = await client()
    await one.greet(1)
    one.send(Buffer.from('IHAVEOPT'), Buffer.from([0, 0, 0, 1, 0, 0, 0, 1]), Buffer.from('0'))
    expect((await one.take(134)).readBigUInt64BE(0)).toBe(BigInt(SIZE))
    one.request(0, { offset: 5, length: 3 })
    const reply = await one.take(19)
    expect(reply.readUInt32BE(0)).toBe(0x67446698)
    expect(reply.subarray(16).equals(disk.subarray(5, 8))).toBe(true)
  })

  test.each([
    ['an unknown export', 7, goData('nobody'), 0x8000_0006],
    ['lengths that do not add up', 7, Buffer.from([0, 0, 9, 9]), 0x8000_0003],
    ['contexts before structured replies', 10, contextData('', ['base:allocation']), 0x8000_0003],
    ['TLS where there is none', 5, Buffer.alloc(0), 0x8000_0002],
    ['an unknown option', 99, Buffer.from('x'), 0x8000_0001],
    ['LIST with data', 3, Buffer.from('x'), 0x8000_0003],
  ])('%s is refused, and the handshake goes on', async (_, number, data, expected) => {
    const { client } = await started()
    const one = await client()
    await one.greet()
    expect((await one.option(number, data)).at(-1)?.type).toBe(expected)
    expect((await one.option(7, goData('0'))).at(-1)?.type).toBe(1)
  })

  test('LIST names every export by its first name; no name means the only one', async () => {
    const { client } = await started({ exports: [exported(['0', 'a']), exported(['1', 'b'])] })
    const one = await client()
    await one.greet()
    const names = (await one.option(3)).slice(0, -1).map(({ data }) => data.toString('utf8', 4, 5))
    expect(names).toEqual(['0', '1'])
    expect((await one.option(6, goData(''))).at(-1)?.type).toBe(0x8000_0006)
  })

  test('names and descriptions end where the protocol says, and not within a character', async () => {
    const long = { ...exported(), description: `${'x'.repeat(4_095)}äöü` }
    const { client } = await started({ exports: [long] })
    const one = await client()
    await one.greet()
    const [entry] = await one.option(3)
    const [, , about] = await one.option(6, goData('', [2]))
    for (const text of [entry?.data.subarray(5), about?.data.subarray(2)])
      expect(text?.toString('utf8')).toBe('x'.repeat(4_095))
  })

  test.each([
    [
      'an option of 4 GiB',
      Buffer.concat([Buffer.from('IHAVEOPT'), Buffer.from([0, 0, 0, 7, 255, 255, 255, 255])]),
    ],
    ['no option at all', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ])('%s ends the connection', async (_, bytes) => {
    const { client } = await started()
    const one = await client()
    await one.greet()
    one.send(bytes)
    await one.closed()
    await isServing(client)
  })

  test('flags that nobody knows, too many options, and a client that says nothing end it', async () => {
    const { client, server } = await started({ limits: { handshake: 100, options: 3 } })
    const unknown = await client()
    await unknown.greet(255)
    await unknown.closed()
    const many = await client()
    await many.greet()
    for (let i = 0; i < 3; i++) await many.option(3)
    await many.closed()
    const silent = await client()
    await silent.closed()
    await expect.poll(() => server.connections).toBe(0)
  })
})

describe('requests', () => {
  test('zeros come as holes, data in pieces, and a place that cannot be read fails alone', async () => {
    const { client } = await started({ limits: { piece: 40_000 } })
    const one = await agreed(await client())
    one.request(0, { offset: 0, length: SIZE })
    const image = Buffer.alloc(SIZE, 0xee)
    const errors: bigint[] = []
    for (;;) {
      const { done, type, data } = await one.chunk()
      if (type === 1) data.copy(image, Number(data.readBigUInt64BE(0)), 8)
      else if (type === 2) {
        const at = Number(data.readBigUInt64BE(0))
        image.fill(0, at, at + data.readUInt32BE(8))
      } else if (type === 0x8002) {
        expect(data.readUInt32BE(0)).toBe(5)
        errors.push(data.readBigUInt64BE(6))
      }
      if (done) break
    }
    expect(errors).toEqual([240_000n])
    const expected = Buffer.from(disk)
    expected.fill(0xee, 240_000, 280_000)
    expect(image.equals(expected)).toBe(true)
  })

  test('the status tells holes; one extent where one is asked for', async () => {
    const { client } = await started()
    const one = await agreed(await client())
    one.request(7, { offset: 99_000, length: 201_000 })
    const { data, type } = await one.chunk()
    expect(type).toBe(5)
    expect(data.subarray(4).swap32()).toEqual(
      Buffer.from(Uint32Array.of(1000, 0, 100_000, 3, 100_000, 0).buffer),
    )
    one.request(7, { offset: 99_000, length: 201_000, flags: 8 })
    expect((await one.chunk()).data.length).toBe(12)
  })

  test('the status of a disk in many pieces is told in part, and takes room like data', async () => {
    const pieces = 10_000
    const torn: NbdExport = {
      ...exported(),
      extents: async (offset, length) =>
        Array.from({ length: Math.min(pieces, length) }, (_, i) => ({
          offset: offset + i,
          length: i === pieces - 1 ? length - i : 1,
          zero: i % 2 === 0,
        })),
    }
    const { client } = await started({
      exports: [torn],
      limits: { extents: 100, bytes: 1_000, stall: 60_000 },
    })
    const one = await agreed(await client())
    one.request(7, { offset: 0, length: SIZE })
    const { data } = await one.chunk()
    expect(data.length).toBe(4 + 8 * 100)
    // Somebody's read has all the room: the status waits, and both come.
    one.request(0, { offset: 0, length: 1_000, flags: 4, cookie: 1n })
    one.request(7, { offset: 0, length: SIZE, cookie: 2n })
    const types = [(await one.chunk()).type, (await one.chunk()).type]
    expect(types.sort()).toEqual([1, 5])
  })

  test.each([
    ['a write', 1, { offset: 0, length: 100_000, payload: Buffer.alloc(100_000) }, 1],
    ['a trim', 4, { offset: 0, length: 512 }, 1],
    ['a flush', 3, {}, 22],
    ['an unknown command', 77, { length: 9 }, 22],
  ])('%s is refused', async (_, type, request, errno) => {
    const { client } = await started()
    const one = await agreed(await client())
    one.request(type, request)
    const reply = await one.take(16)
    expect([reply.readUInt32BE(0), reply.readUInt32BE(4)]).toEqual([0x67446698, errno])
    one.request(0, { offset: 0, length: 1, flags: 4 })
    expect((await one.chunk()).data.subarray(8)).toEqual(disk.subarray(0, 1))
  })

  test.each([
    ['beyond the end', { offset: SIZE - 10, length: 11 }, 22],
    ['far beyond the end', { offset: Number.MAX_SAFE_INTEGER, length: 11 }, 22],
    ['of more than 32 MiB', { offset: 0, length: 0xffff_ffff }, 22],
    ['of nothing', { offset: 0, length: 0 }, 22],
    ['with unknown flags', { offset: 0, length: 1, flags: 0x4000 }, 22],
    ['of what is broken', { offset: BROKEN, length: 1, flags: 4 }, 5],
  ])('a read %s is refused', async (_, request, errno) => {
    const { client } = await started()
    const one = await agreed(await client())
    one.request(0, request)
    const { type, data } = await one.chunk()
    expect([type, data.readUInt32BE(0)]).toEqual([0x8001, errno])
  })

  test('many at once are answered, each by its own cookie', async () => {
    const { client } = await started({ limits: { requests: 3, bytes: 30_000 } })
    const one = await agreed(await client())
    for (let i = 0; i < 40; i++)
      one.request(0, { offset: i * 1000, length: 1000, flags: 4, cookie: BigInt(i) })
    const seen = new Set<number>()
    for (let i = 0; i < 40; i++) {
      const head = await one.take(20)
      const at = Number(head.readBigUInt64BE(8))
      const data = await one.take(head.readUInt32BE(16))
      expect(data.subarray(8).equals(disk.subarray(at * 1000, at * 1000 + 1000))).toBe(true)
      seen.add(at)
    }
    expect(seen.size).toBe(40)
  })
})

describe('clients that mean no good', () => {
  test('nothing that they send makes a parser fail', () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map(array => Buffer.from(array))
    fc.assert(
      fc.property(bytes, fc.uint8Array({ minLength: 28, maxLength: 28 }), (data, head) => {
        parseInfoRequest(data)
        parseContextRequest(data)
        parseOptionHead(Buffer.from(head))
        parseRequest(Buffer.from(head))
      }),
      { numRuns: 2000 },
    )
    // A count that promises more than there is.
    expect(
      parseContextRequest(Buffer.from('0000000000ffffffff', 'hex').subarray(0, 8)),
    ).toBeUndefined()
  })

  test('what they say is understood where it is right', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 20 }),
        fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { maxLength: 5 }),
        (name, queries) => {
          expect(parseContextRequest(contextData(name, queries))).toEqual({ name, queries })
          expect(parseInfoRequest(goData(name, [3, 1]))).toEqual({ name, wanted: [3, 1] })
        },
      ),
    )
  })

  test('noise at any moment ends their connection at most', async () => {
    const { client, server } = await started({ limits: { handshake: 2000 } })
    const noise = fc.uint8Array({ minLength: 1, maxLength: 3000 })
    await fc.assert(
      fc.asyncProperty(noise, fc.constantFrom(0, 1, 2), async (bytes, moment) => {
        const one = await client()
        if (moment === 1) await one.greet()
        if (moment === 2) await agreed(one)
        one.send(bytes)
        one.socket.end()
        await one.closed()
      }),
      { numRuns: 60 },
    )
    await isServing(client)
    await expect.poll(() => server.connections).toBe(0)
  })

  test('who vanishes in the middle of replies leaves nothing behind', async () => {
    const { client, server } = await started()
    for (let i = 0; i < 5; i++) {
      const one = await agreed(await client())
      for (let n = 0; n < 10; n++) one.request(0, { offset: 0, length: 240_000 })
      await one.take(100)
      one.destroy()
    }
    await expect.poll(() => server.connections).toBe(0)
    await isServing(client)
  })

  test('who takes nothing is dropped', async () => {
    const { client, server } = await started({ limits: { stall: 100 } })
    const one = await agreed(await client())
    one.socket.pause()
    for (let n = 0; n < 30; n++) one.request(0, { offset: 0, length: 240_000, flags: 4 })
    await expect.poll(() => server.connections).toBe(0)
  })

  test('one more connection than allowed is refused', async () => {
    const { client } = await started({ limits: { connections: 2 } })
    const two = [await agreed(await client()), await agreed(await client())]
    const third = await client()
    await third.closed()
    two[0]?.destroy()
    await expect.poll(async () => (await (await client()).greet()).length).toBe(18)
  })
})

test('a connection that the system could not hand over harms nobody', async () => {
  const handles = () =>
    (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles()
  const before = new Set(handles())
  const { client } = await started()
  const server = handles().find(handle => handle instanceof Server && !before.has(handle))
  ;(server as Server).emit('error', new Error('accept ENOBUFS'))
  await isServing(client)
})

test('the socket is its owner’s alone, and gone at the end', async () => {
  const { server, path, client } = await started()
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const one = await agreed(await client())
  await server.close()
  await one.closed()
  expect(() => statSync(path)).toThrow(/ENOENT/)
})
