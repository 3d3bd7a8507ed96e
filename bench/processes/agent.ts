/*
 * One backup of a VM as the agent does it, timed from the first byte asked for to the last chunk taken. Arguments: the pool as JSON, and
 * `read` (the bytes are dropped) or `backup` (into a store that forgets them). Prints {"bytes", "seconds", "cpuSeconds"} as JSON, CPU being that of this
 * process in that time.
 */
import { systemClock } from '#adapters/system/clock.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { ulidMaker } from '#core/ids.ts'
import type { ChunkMemory } from '#gateway-agent/sources/api.ts'
import { readDisk } from '#gateway-agent/sources/read-disk.ts'
import { openPool } from '#gateway-agent/xapi/pool.ts'
import { snapshotVm } from '#gateway-agent/xapi/snapshot/snapshot.ts'
import { destroySnapshot } from '#gateway-agent/xapi/snapshot/snapshot-removal.ts'
import { createRepository } from '#repository/index.ts'
import { nullStore } from '../stores/null-store.ts'

const CHUNK = 1024 * 1024 // bytes
const [pool = '{}', mode] = process.argv.slice(2)
const { vmUuid, ...options } = JSON.parse(pool)
const jobId = ulidMaker({ clock: systemClock, random: systemRandom })()
const { signal } = new AbortController()

const xapi = await openPool({ ...options, allowInsecureNbd: true })
const snapshot = await snapshotVm(xapi, { vmUuid, jobId, owner: '0123456789ab', signal })
const [disk] = snapshot.disks
if (!disk) throw new Error('the VM has no disk')
const reading = await readDisk(xapi, { disk, signal })

/** Sixteen chunks in memory that threads share, used again and again. */
const ring = (): ChunkMemory => {
  const free: Uint8Array[] = Array.from(
    { length: 16 },
    () => new Uint8Array(new SharedArrayBuffer(CHUNK)),
  )
  return {
    buffer: async () => free.pop() ?? new Uint8Array(new SharedArrayBuffer(CHUNK)),
    giveBack: bytes => void free.push(new Uint8Array(bytes.buffer)),
  }
}

const read = async (): Promise<void> => {
  const memory = ring()
  for await (const extent of reading.extents(memory))
    if (!extent.zero) memory.giveBack(extent.bytes)
}

const backup = async () => {
  const { repository } = await createRepository({
    store: nullStore(),
    passphrase: 'of the bench',
    clock: systemClock,
    random: systemRandom,
    scryptLogN: 10,
  })
  const point = await repository.beginPoint({ jobId, vmUuid })
  const writer = await point.disk({ diskId: disk.liveUuid, size: disk.size, keep: false })
  return async () => {
    for await (const extent of reading.extents(writer))
      if (extent.zero) await writer.zero(extent.offset, extent.length)
      else await writer.write(extent.offset, extent.bytes)
    await writer.finish()
    await point.abort()
    await repository.close()
  }
}

const work = mode === 'read' ? read : await backup()
const start = performance.now()
const before = process.cpuUsage()
await work()
const { user, system } = process.cpuUsage(before)
const seconds = (performance.now() - start) / 1000
await destroySnapshot(xapi, snapshot)
await xapi.close()
console.log(JSON.stringify({ bytes: disk.size, seconds, cpuSeconds: (user + system) / 1e6 }))
