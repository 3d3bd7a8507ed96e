import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openDirectoryStore } from '#adapters/fs/object-store.ts'
import { systemClock } from '#adapters/system/clock.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { ulidMaker } from '#core/ids.ts'
import { deriveKeys } from '#repository/crypto/keys.ts'
import { createRepository, type Point } from '#repository/index.ts'
import { Cutter } from '#repository/write/cutter.ts'
import { contentOf, KINDS } from './image/content.ts'
import { seededRandom } from './image/random.ts'
import { machineLine } from './set-up.ts'
import { median, spread } from './statistics.ts'

/*
 * What does a stream cost, cut by content, beside a disk of the same bytes: cutting alone, a first point, the same bytes given again, kept
 * unread, read from start to end? In one process, into a directory.
 */

const HELP = `node bench/stream-of-files.ts [OPTIONS]
  --size MIB   of the stream (default 512)
  --rounds N   (default 3)
  --work DIR   where the repository lies (default: the system's temporary directory)`

const MiB = 1024 * 1024
const VM = '11111111-2222-4333-8444-555555555555'
const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '512' },
    rounds: { type: 'string', default: '3' },
    work: { type: 'string', default: tmpdir() },
    help: { type: 'boolean', default: false },
  },
})
const size = Number(values.size) * MiB
const rounds = Number(values.rounds)

/** As files are: two of three pieces compress; no two are the same. Made before the clock runs. */
const random = seededRandom('stream of files')
const samples = Array.from({ length: 24 }, (_, i) =>
  contentOf(i % 5 === 4 ? 'packed' : (KINDS[i % 2] ?? 'text'), random, MiB),
)
function* pieces(): Generator<Buffer> {
  const piece = Buffer.alloc(MiB)
  for (let at = 0; at < size; at += MiB) {
    piece.set(samples[(at / MiB) % samples.length] as Buffer)
    for (let each = 0; each < MiB; each += 64 * 1024) piece.writeUInt32LE(at / MiB, each)
    yield piece
  }
}

const rows = new Map<string, { rates: number[]; cpu: number[] }>()
const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
  const [start, before] = [performance.now(), process.cpuUsage()]
  const result = await work()
  const { user, system } = process.cpuUsage(before)
  const row = rows.get(name) ?? { rates: [], cpu: [] }
  rows.set(name, row)
  row.rates.push(size / 1e3 / (performance.now() - start))
  row.cpu.push(((user + system) / 1e6 / size) * 1e9)
  return result
}

const round = async (): Promise<void> => {
  const cutter = new Cutter(deriveKeys(systemRandom.bytes(32), systemRandom.bytes(16)).gearTable)
  await timed('cut', async () => {
    for (const piece of pieces())
      for (let at = 0; at < piece.length; ) {
        const end = cutter.next(piece, at)
        if (end < 0) break
        at = end
      }
  })
  const folder = await mkdtemp(join(values.work, 'xenkeep-bench-streams-'))
  const { repository } = await createRepository({
    store: await openDirectoryStore(folder),
    passphrase: 'of the bench',
    clock: systemClock,
    random: systemRandom,
    scryptLogN: 10,
  })
  const nextJob = ulidMaker({ clock: systemClock, random: systemRandom })
  const begin = (base?: Point) => repository.beginPoint({ jobId: nextJob(), vmUuid: VM, base })
  try {
    const give = async () => {
      const writer = await begin()
      const stream = await writer.stream({ streamId: 'content' })
      for (const piece of pieces()) await stream.write(piece)
      await stream.finish()
      return writer.commit(null)
    }
    const first = await timed('first point', give)
    await timed('the same, given again', give)
    await timed('the same, kept', async () => {
      const writer = await begin(first)
      const stream = await writer.stream({ streamId: 'content', keep: 'content' })
      if (!(await stream.keep(0, size))) throw new Error('It could not be kept.')
      await stream.finish()
      await writer.commit(null)
    })
    await timed('read', async () => {
      for await (const _ of repository.readStream(first, 'content', { lent: true }));
    })
    const asDisk = await timed('first point, as a disk', async () => {
      const writer = await begin()
      const disk = await writer.disk({ diskId: 'a', size, keep: false })
      let offset = 0
      for (const piece of pieces()) {
        const bytes = await disk.buffer()
        bytes.set(piece)
        bytes[5] = 1 // no chunk of it is known
        await disk.write(offset, bytes)
        offset += piece.length
      }
      await disk.finish()
      return writer.commit(null)
    })
    await timed('read, as a disk', async () => {
      for await (const _ of repository.readDisk(asDisk, 'a', { lent: true }));
    })
  } finally {
    await repository.close()
    await rm(folder, { recursive: true })
  }
}

if (values.help) console.log(HELP)
else {
  console.log(`${machineLine()}; ${values.size} MiB, ${rounds} rounds`)
  for (let i = 0; i < rounds; i++) await round()
  for (const [name, { rates, cpu }] of rows)
    console.log(
      `${name.padEnd(26)} ${median(rates).toFixed(0).padStart(6)} MB/s ±${((spread(rates) / 2) * 100).toFixed(0)} %  ${median(cpu).toFixed(2).padStart(6)} CPU s/GB`,
    )
}
