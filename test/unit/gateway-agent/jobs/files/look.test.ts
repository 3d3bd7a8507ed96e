import { Readable } from 'node:stream'
import { pack } from 'tar-stream'
import { expect, test } from 'vitest'
import { GuestListing, MOST_LISTED } from '#core/contracts/files-answers.ts'
import { AgentStoppingError, JobCancelledError } from '#gateway-agent/control/errors.ts'
import { look } from '#gateway-agent/jobs/files/look.ts'
import { putPart } from '#gateway-agent/jobs/files/put-part.ts'
import { GuestFileNotFoundError } from '#guest-files/errors.ts'
import type { Guest } from '#guest-files/guest.ts'
import { filesLook, problemOf } from '#test/support/files-look.ts'
import { until } from '#test/support/patience.ts'

const MiB = 1024 * 1024
const nobodyHears = () => undefined

/** A guest that answers with these bytes, by the first word of what it is asked. */
const guestOf = (
  answers: Record<string, (words: readonly string[]) => AsyncIterable<Buffer> | Iterable<Buffer>>,
  notes: string[] = [],
): Guest & { asked: (readonly string[])[] } => {
  const asked: (readonly string[])[] = []
  return {
    asked,
    async ask(words, take, withdrawn) {
      asked.push(words)
      withdrawn?.throwIfAborted()
      const pieces = answers[words[0] as string]?.(words) ?? []
      return { answer: await take(Readable.from(pieces, { objectMode: false })), notes }
    },
  }
}

const VOLUME = ['0p1', '1048576', 'ext4', 'root', 'uuid'].map(word => Buffer.from(`${word}\0`))
const entry = (name: string) =>
  Buffer.from(`f\x001\x001.5\x00644\x000\x000\x00/run/guest/etc/${name}\0\0`)

const tarOf = async function* (files: Record<string, Buffer>) {
  const archive = pack()
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content)
  archive.finalize()
  for await (const piece of archive) yield piece as Buffer
}
const measured = async function* (kind: string, files: Record<string, Buffer>) {
  const bytes = Object.values(files).reduce((sum, { length }) => sum + length, 0)
  yield Buffer.from(`${kind}\0${bytes}\0`)
  yield* tarOf(files)
}

test('volumes, a folder and a file are answered, and told at the end', async () => {
  const other = await filesLook()
  const content = Buffer.alloc(9 * MiB, 'content')
  const guest = guestOf({
    volumes: () => VOLUME,
    list: () => [entry('b'), entry('a'), Buffer.from('end\0')],
    tar: () => measured('f', { './etc/hostname': content }),
  })
  const [volumes, list, file] = [
    other.ask({ what: 'volumes' }),
    other.ask({ what: 'list', volume: '0p1', path: '/etc' }),
    other.ask({ what: 'download', volume: '0p1', path: '/etc/hostname' }),
  ] as [string, string, string]
  const report = await look(guest, other.options, nobodyHears)

  expect(JSON.parse(String((await other.read(volumes)).data))).toEqual({
    volumes: [{ name: '0p1', size: MiB, fileSystem: 'ext4', label: 'root', uuid: 'uuid' }],
  })
  const listed = await other.read(list)
  expect(listed.header).toEqual({
    what: 'list',
    volume: '0p1',
    path: '/etc',
    type: 'json',
    name: 'etc',
  })
  const listing = GuestListing.parse(JSON.parse(String(listed.data)))
  expect(listing.entries.map(({ name }) => name)).toEqual(['a', 'b'])
  expect(listing.total).toBe(2)
  const download = await other.read(file)
  expect(download.header).toMatchObject({ type: 'file', name: 'hostname', size: content.length })
  expect(download.data.equals(content)).toBe(true)
  expect(download.trailer).toEqual({ bytes: content.length, notes: [], unread: [] })
  expect(report).toEqual({
    questions: 3,
    listed: 1,
    downloads: [{ volume: '0p1', path: '/etc/hostname', bytes: content.length }],
    downloaded: 1,
    bytes: content.length,
    ended: 'idle',
  })
  expect(guest.asked).toContainEqual(['tar', '0p1', 'etc/hostname', String(4 * 1024 ** 3)])
})

test('of a folder of 200,000 files the first 10,000 by name are listed, and how many there are', async () => {
  const other = await filesLook()
  const count = 200_000
  const guest = guestOf({
    *list() {
      for (let i = count; i > 0; i -= 1_000)
        yield Buffer.concat(
          Array.from({ length: 1_000 }, (_, k) => entry(String(i - k).padStart(6, '0'))),
        )
      yield Buffer.from('end\0')
    },
  })
  const id = other.ask({ what: 'list', volume: '0p1', path: '/' })
  await look(guest, other.options, nobodyHears)
  const { data, header } = await other.read(id)
  expect(header.name).toBe('0p1')
  const { entries, total } = GuestListing.parse(JSON.parse(String(data)))
  expect(total).toBe(count)
  expect(entries).toHaveLength(MOST_LISTED)
  expect([entries[0]?.name, entries.at(-1)?.name]).toEqual(['000001', '010000'])
})

test('names that mean harm arrive as they are, and as nothing but names', async () => {
  const other = await filesLook()
  const names = [
    '<img src=x onerror=alert(1)>',
    'a\nb',
    '"],"total":1}',
    '\u202egnp.exe',
    '__proto__',
  ]
  const guest = guestOf({ list: () => [...names.map(entry), Buffer.from('end\0')] })
  const id = other.ask({ what: 'list', volume: '0p1', path: '/' })
  await look(guest, other.options, nobodyHears)
  const { entries } = GuestListing.parse(JSON.parse(String((await other.read(id)).data)))
  expect(new Set(entries.map(({ name }) => name))).toEqual(new Set(names))
})

test('a list that breaks off is no list', async () => {
  const other = await filesLook()
  const id = other.ask({ what: 'list', volume: '0p1', path: '/' })
  await look(guestOf({ list: () => [entry('a')] }), other.options, nobodyHears)
  expect(other.questions.get(id)).toMatchObject({
    state: 'failed',
    problem: { code: 'GUEST_READER_FAILED', message: expect.stringMatching(/ended too early/) },
  })
})

test('what the guest refuses is told with its code, and the look goes on', async () => {
  const other = await filesLook()
  const guest: Guest = {
    async ask() {
      throw new GuestFileNotFoundError('none')
    },
  }
  const id = other.ask({ what: 'download', volume: '0p1', path: '/none' })
  const report = await look(guest, other.options, nobodyHears)
  expect(other.questions.get(id)).toMatchObject({
    state: 'failed',
    problem: { code: 'FILE_NOT_FOUND' },
  })
  expect(report).toMatchObject({ questions: 1, downloaded: 0, downloads: [], ended: 'idle' })
  // Names are no matter of the log.
  expect(other.log.lines.join('\n')).not.toMatch(/none/)
})

test('a file that cannot be read to its end is refused whole, with what is wrong with the disk', async () => {
  const other = await filesLook()
  let hear = (_: string) => {}
  const guest = guestOf(
    {
      async *tar() {
        yield* measured('f', { './a': Buffer.alloc(100) })
        hear('Disk 0 "root" at byte 77 cannot be read.')
      },
    },
    ['TROUBLE tar: ./a: Read error at byte 0, while reading 100 bytes: Input/output error'],
  )
  const id = other.ask({ what: 'download', volume: '0p1', path: '/a' })
  await look(guest, other.options, heard => {
    hear = heard
  })
  expect(other.questions.get(id)).toMatchObject({
    state: 'failed',
    problem: { code: 'FILE_UNREADABLE', message: expect.stringMatching(/"\/a".*byte 77/) },
  })
})

test('a file that cannot be opened is refused as such, and no answer without a beginning', async () => {
  const other = await filesLook()
  const guest = guestOf({ tar: () => measured('f', {}) }, [
    'TROUBLE tar: ./secret: Cannot open: Permission denied',
  ])
  const id = other.ask({ what: 'download', volume: '0p1', path: '/secret' })
  const report = await look(guest, other.options, nobodyHears)
  expect(other.questions.get(id)).toMatchObject({
    state: 'failed',
    problem: {
      code: 'FILE_UNREADABLE',
      message: expect.stringMatching(/"\/secret".*Permission denied/),
    },
  })
  expect(report.downloaded).toBe(0)
})

test('a size below zero, of a file system that means harm, does not cost the list', async () => {
  const other = await filesLook()
  const bad = Buffer.from('f\0-5\x001.5\x00644\x000\x000\x00/run/guest/etc/bad\0\0')
  const guest = guestOf({ list: () => [bad, entry('good'), Buffer.from('end\0')] })
  const id = other.ask({ what: 'list', volume: '0p1', path: '/etc' })
  await look(guest, other.options, nobodyHears)
  const { entries } = GuestListing.parse(JSON.parse(String((await other.read(id)).data)))
  expect(entries.map(({ name, size }) => [name, size])).toEqual([
    ['bad', 0],
    ['good', 1],
  ])
})

test('names that no Linux has fill no memory: whoever says them has taken the kernel over', async () => {
  const other = await filesLook()
  const guest = guestOf({ list: () => [entry('n'.repeat(10_000)), Buffer.from('end\0')] })
  const id = other.ask({ what: 'list', volume: '0p1', path: '/etc' })
  await look(guest, other.options, nobodyHears)
  expect(other.questions.get(id)).toMatchObject({
    state: 'failed',
    problem: { code: 'GUEST_READER_FAILED' },
  })
})

test('an address that nothing may be put to is not tried for five minutes', async () => {
  const other = await filesLook()
  const id = other.ask({ what: 'volumes' })
  let puts = 0
  const put: typeof other.options.put = async (_, bytes, signal) => {
    puts++
    const url = 'http://169.254.169.254/latest'
    await putPart(fetch, async () => 'https://control.example')(url, bytes, signal)
  }
  await look(guestOf({ volumes: () => VOLUME }), { ...other.options, put }, nobodyHears)
  expect(other.questions.get(id)).toMatchObject({
    state: 'failed',
    problem: { code: 'ANSWER_UNDELIVERED', message: expect.stringMatching(/neither/) },
  })
  expect(puts).toBe(1)
})

test('names of steering characters that cannot be read, too many for one part, are told as too many', async () => {
  const other = await filesLook()
  const notes = Array.from(
    { length: 9_000 },
    (_, i) =>
      `TROUBLE tar: ./${String.raw`\a`.repeat(220)}${i}: Read error at byte 0: Input/output error`,
  )
  const guest = guestOf({ tar: () => measured('d', {}) }, notes)
  const id = other.ask({ what: 'download', volume: '0p1', path: '/d' })
  await look(guest, other.options, nobodyHears)
  expect(other.questions.get(id)).toMatchObject({
    state: 'failed',
    problem: { code: 'GUEST_READER_FAILED', message: expect.stringMatching(/too many files/) },
  })
})

test('an archive tells in itself which of its files are not whole', async () => {
  const other = await filesLook()
  const files = { './d/good': Buffer.from('good'), './d/bad\n': Buffer.alloc(2_000) }
  const guest = guestOf({ tar: () => measured('d', files) }, [
    String.raw`TROUBLE tar: ./d/bad\n: Read error at byte 0, while reading 100 bytes: Input/output error`,
  ])
  const id = other.ask({ what: 'download', volume: '0p1', path: '/d' })
  await look(guest, other.options, nobodyHears)
  const { header, data, trailer } = await other.read(id)
  expect(header).toMatchObject({ type: 'tar', name: 'd', content: 2_004 })
  expect(trailer.unread).toEqual(['d/bad\n'])
  const { extract } = await import('tar-stream')
  const members = new Map<string, string>()
  const archive = extract()
  Readable.from([data]).pipe(archive)
  for await (const member of archive)
    members.set(
      member.header.name,
      Buffer.concat(await Array.fromAsync(member as AsyncIterable<Buffer>)).toString(),
    )
  expect([...members.keys()]).toEqual(['./d/good', './d/bad\n', './XENKEEP-NOT-READ.txt'])
  expect(members.get('./XENKEEP-NOT-READ.txt')).toMatch(/zeros[\s\S]*"d\/bad\\n"/)
})

test('parts go one after the other, and the guest is not read faster than they are taken', async () => {
  const other = await filesLook()
  const size = 40 * MiB
  let read = 0
  const guest = guestOf({
    async *tar() {
      yield Buffer.from(`d\0${size}\0`)
      const header = Buffer.from(await tarHeader(size))
      yield header
      for (; read < size; read += MiB) yield Buffer.alloc(MiB)
    },
  })
  const gate = Promise.withResolvers<void>()
  let under = 0
  let most = 0
  other.side.putTrouble = async () => {
    most = Math.max(most, ++under)
    await gate.promise
    under--
  }
  other.ask({ what: 'download', volume: '0p1', path: '/d' })
  const looking = look(guest, other.options, nobodyHears)
  await until('the header waits', () => under === 1)
  await new Promise(resolve => setTimeout(resolve, 50))
  expect(read).toBeLessThan(10 * MiB)
  gate.resolve()
  await looking
  expect(most).toBe(1)
})

const tarHeader = async (size: number): Promise<Buffer> => {
  const archive = pack()
  archive.entry({ name: './big', size })
  for await (const piece of archive) return (piece as Buffer).subarray(0, 512)
  throw new Error('no header')
}

test('calls and parts that fail are made again, until they work', async () => {
  const other = await filesLook()
  let failures = 0
  other.side.trouble = name => {
    if (++failures % 2 === 1) throw problemOf(`${name}_BUSY`, true)
  }
  let puts = 0
  other.side.putTrouble = async () => {
    if (++puts % 3 !== 0) throw new TypeError('fetch failed')
  }
  const content = Buffer.alloc(17 * MiB, 1)
  const id = other.ask({ what: 'download', volume: '0p1', path: '/a' })
  const guest = guestOf({ tar: () => measured('f', { './a': content }) })
  expect(await look(guest, other.options, nobodyHears)).toMatchObject({
    downloaded: 1,
    bytes: content.length,
  })
  expect((await other.read(id)).data.equals(content)).toBe(true)
  expect(guest.asked).toHaveLength(1)
})

test('a store for transit that stays away fails the question after five minutes, not the look', async () => {
  const other = await filesLook()
  other.side.putTrouble = async () => {
    throw new TypeError('fetch failed')
  }
  const id = other.ask({ what: 'volumes' })
  await look(guestOf({ volumes: () => VOLUME }), other.options, nobodyHears)
  expect(other.questions.get(id)).toMatchObject({
    state: 'failed',
    problem: { code: 'ANSWER_UNDELIVERED' },
  })
})

test('a question that is taken back ends its kernel; others go on', async () => {
  const other = await filesLook()
  const ended = Promise.withResolvers<void>()
  const guest: Guest = {
    ask: (words, take, withdrawn) =>
      words[0] === 'tar'
        ? new Promise((_, reject) => {
            withdrawn?.addEventListener('abort', () => {
              ended.resolve()
              reject(withdrawn.reason)
            })
          })
        : guestOf({ volumes: () => VOLUME }).ask(words, take),
  }
  const download = other.ask({ what: 'download', volume: '0p1', path: '/a' })
  const volumes = other.ask({ what: 'volumes' })
  // Whoever downloads looks around meanwhile.
  other.side.idle = () => {
    const asked = other.questions.get(download)
    if (asked && other.questions.get(volumes)?.state === 'answered') asked.withdrawn = true
  }
  const report = await look(guest, other.options, nobodyHears)
  await ended.promise
  expect(report).toMatchObject({ questions: 2, downloaded: 0, ended: 'idle' })
})

test('the browser that stops in mid-download is told with what was sent', async () => {
  const other = await filesLook()
  const download = other.ask({ what: 'download', volume: '0p1', path: '/a' })
  other.side.trouble = (_, body) => {
    const asked = other.questions.get(download)
    if (asked && (body.part as { number: number } | undefined)?.number === 3) asked.withdrawn = true
  }
  const guest = guestOf({ tar: () => measured('f', { './a': Buffer.alloc(40 * MiB) }) })
  expect(await look(guest, other.options, nobodyHears)).toMatchObject({
    downloads: [{ path: '/a', bytes: 16 * MiB }],
    bytes: 16 * MiB,
  })
})

test('a question that comes twice is answered once', async () => {
  const other = await filesLook()
  const id = other.ask({ what: 'volumes' })
  let lost = false
  other.side.trouble = name => {
    // Its answer is lost on the way: the control plane has handed the question out.
    if (name !== 'nextQuestion' || lost) return
    lost = true
    const asked = other.questions.get(id)
    if (asked) asked.state = 'answering'
    throw problemOf('CONTROL_PLANE_UNREACHABLE', true)
  }
  const guest = guestOf({ volumes: () => VOLUME })
  expect((await look(guest, other.options, nobodyHears)).questions).toBe(1)
  expect(guest.asked).toHaveLength(1)
})

test('no more is said to be in hand than can be open, whatever is still being told', async () => {
  const other = await filesLook()
  for (let i = 0; i < 12; i++) other.ask({ what: 'volumes' })
  const held = () =>
    other.calls.map(({ body }) => (body.holding as string[] | undefined)?.length ?? 0)
  const report = await look(guestOf({ volumes: () => VOLUME }), other.options, nobodyHears)
  expect(report.questions).toBe(12)
  expect(Math.max(...held())).toBe(8)
})

test('after its hour a look ends, whatever is under way', async () => {
  const other = await filesLook()
  const guest: Guest = {
    ask: (_words, _take, withdrawn) =>
      new Promise((_, reject) => {
        withdrawn?.addEventListener('abort', () => reject(withdrawn.reason))
      }),
  }
  other.ask({ what: 'download', volume: '0p1', path: '/a' })
  other.side.idle = () => other.pass(10 * 60_000)
  expect((await look(guest, other.options, nobodyHears)).ended).toBe('time')
})

test('who ends the look gets its report; an agent that stops tells nothing', async () => {
  for (const reason of [new JobCancelledError(), new AgentStoppingError()]) {
    const other = await filesLook()
    other.ask({ what: 'volumes' })
    other.side.idle = () => other.abort(reason)
    const report = await look(guestOf({ volumes: () => VOLUME }), other.options, nobodyHears)
    expect(report).toMatchObject({ questions: 1, ended: 'asked' })
  }
})

test('a control plane that says for good that this is no look ends it as failed', async () => {
  const other = await filesLook()
  other.side.trouble = () => {
    throw problemOf('FILES_NO_LOOK')
  }
  await expect(look(guestOf({}), other.options, nobodyHears)).rejects.toThrow(
    expect.objectContaining({ code: 'FILES_NO_LOOK' }),
  )
})
