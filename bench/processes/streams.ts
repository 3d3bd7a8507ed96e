/*
 * One process that backs up some disks at once into a store that forgets them. Arguments: disks, bytes of each, bytes a second of each
 * (0: as fast as it goes). Prints {"seconds", "bytes"} as JSON; the parent measures memory and CPU.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '#adapters/system/clock.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { ulidMaker } from '#core/ids.ts'
import { createRepository, type DiskWriter } from '#repository/index.ts'
import { contentOf, KINDS } from '../image/content.ts'
import { seededRandom } from '../image/random.ts'
import { nullStore } from '../stores/null-store.ts'

const CHUNK = 1024 * 1024 // bytes
const SAMPLES = 24 // chunks of content, about as compressible as a guest's; each use gets its own number

const [disks = 1, size = CHUNK, rate = 0] = process.argv.slice(2).map(Number)

const random = seededRandom('streams')
const samples = Array.from({ length: SAMPLES }, (_, i) =>
  contentOf(i % 5 === 4 ? 'packed' : (KINDS[i % 2] ?? 'text'), random, CHUNK),
)

const { repository } = await createRepository({
  store: nullStore(),
  passphrase: 'of the bench',
  clock: systemClock,
  random: systemRandom,
  scryptLogN: 10,
})
const jobId = ulidMaker({ clock: systemClock, random: systemRandom })()
const vmUuid = '11111111-2222-4333-8444-555555555555'
const point = await repository.beginPoint({ jobId, vmUuid })

/** Chunk after chunk, each when it is due, as from a host that gives so many bytes a second. */
const feed = async (writer: DiskWriter, disk: number): Promise<void> => {
  const start = performance.now()
  for (let offset = 0; offset < size; offset += CHUNK) {
    const due = rate > 0 ? start + (offset / rate) * 1000 - performance.now() : 0
    if (due > 0) await sleep(due)
    const bytes = await writer.buffer()
    bytes.set(samples[(offset / CHUNK + disk) % SAMPLES] as Buffer)
    Buffer.from(bytes.buffer, bytes.byteOffset).writeUInt32LE(disk, 0)
    Buffer.from(bytes.buffer, bytes.byteOffset).writeUInt32LE(offset / CHUNK, 4)
    await writer.write(offset, bytes)
  }
  await writer.finish()
}

const start = performance.now()
await Promise.all(
  Array.from({ length: disks }, async (_, disk) => {
    const writer = await point.disk({ diskId: `disk-${disk}`, size, keep: false })
    await feed(writer, disk)
  }),
)
await point.commit(null)
const seconds = (performance.now() - start) / 1000
await repository.close()
console.log(JSON.stringify({ seconds, bytes: disks * size }))
