import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { createDiskGate } from '#gateway-agent/jobs/disk-gate.ts'
import { poolOfXapi } from '#gateway-agent/pool-of-xapi.ts'
import type { PoolOptions } from '#sim/pool.ts'
import { testContext } from './job-context.ts'
import { memoryLog } from './patience.ts'
import { clientOnPool } from './pool-client.ts'
import { newRepository } from './repository/open.ts'

/**
 * What a job works with, on a simulated pool over real sockets and a repository in memory.
 * @param disks content of each VM's disks by its name
 * @param login of somebody else than the pool's own user
 */
export const jobsOnPool = async (
  disks: Record<string, Buffer[]>,
  options: PoolOptions = {},
  login: Parameters<typeof clientOnPool>[2] = {},
) => {
  const client = await clientOnPool(disks, options, login)
  const made = await newRepository(memoryObjectStore())
  const pool = poolOfXapi(client.xapi)
  const parts = (test = testContext()) => ({
    pool,
    repository: made.repository,
    gate: createDiskGate(2),
    context: test.context,
    log: memoryLog(),
    clock: { now: Date.now },
  })
  const specOf = (uuid: string, name: string) => ({
    poolUuid: pool.uuid,
    vmUuid: uuid,
    vmName: name,
  })
  return {
    ...client,
    ...made,
    pool,
    simulated: client.pool,
    parts,
    specOf,
    /** A file of a point, whole. */
    contentOf: async (pointId: string, name: string): Promise<Buffer> => {
      for await (const ref of made.repository.points()) {
        if (ref.id !== pointId) continue
        const point = await made.repository.readPoint(ref)
        const pieces: Uint8Array[] = []
        for await (const extent of made.repository.readDisk(point, name))
          pieces.push(extent.zero ? new Uint8Array(extent.length) : extent.bytes)
        return Buffer.concat(pieces)
      }
      throw new Error(`There is no point ${pointId}.`)
    },
    /** Tasks, snapshots and disks that are on the pool now. */
    inventory: (): Record<string, number> => {
      const { database } = client.pool.state
      const [tasks, vms, vdis] = (['task', 'VM', 'VDI'] as const).map(
        name => database.all(name).size,
      )
      return { tasks: tasks ?? 0, vms: vms ?? 0, vdis: vdis ?? 0 }
    },
    [Symbol.asyncDispose]: async () => {
      await made.repository.close()
      await client[Symbol.asyncDispose]()
    },
  }
}
export type JobsOnPool = Awaited<ReturnType<typeof jobsOnPool>>
