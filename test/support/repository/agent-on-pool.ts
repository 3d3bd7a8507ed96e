import type { WireCompression } from '#core/contracts/jobs.ts'
import { backupVm } from '#gateway-agent/jobs/backup/backup-vm.ts'
import { createDiskGate } from '#gateway-agent/jobs/disk-gate.ts'
import { restoreVm } from '#gateway-agent/jobs/restore/restore-vm.ts'
import { poolOfXapi } from '#gateway-agent/pool-of-xapi.ts'
import type { LockPolicy, Repository } from '#repository/index.ts'
import type { PoolOptions } from '#sim/pool.ts'
import { testContext } from '#test/support/job-context.ts'
import { memoryLog } from '#test/support/patience.ts'
import { clientOnPool } from '#test/support/pool-client.ts'

/**
 * The gateway's jobs in this process, on a simulated pool over real sockets.
 * @param disks raw disks of each VM by name; kept up to date with what the guests write
 */
export const agentOnPool = async <Vm extends string>(
  disks: Record<Vm, Buffer[]>,
  options: PoolOptions = {},
) => {
  const client = await clientOnPool(disks, options)
  const pool = poolOfXapi(client.xapi)
  const gate = createDiskGate(2)
  const images = new Map(Object.entries<Buffer[]>(disks).map(([vm, all]) => [vm, all]))
  const imagesOf = (vm: Vm) => (images.get(vm) ?? []).map(image => Buffer.from(image))
  /** A name of the pool's own VMs, or the UUID of another. */
  const uuidOf = (vm: Vm) => client.pool.vms[vm] ?? vm
  const { database, disks: content } = client.pool.state

  /** What the disks of a VM of the pool hold, in the order of their slots. */
  const readVm = async (vmUuid: string): Promise<Buffer[]> =>
    Promise.all(
      database
        .get('VM', database.byUuid('VM', vmUuid))
        .VBDs.map(ref => database.get('VBD', ref))
        .filter(({ type }) => type === 'Disk')
        .sort((a, b) => Number(a.userdevice) - Number(b.userdevice))
        .map(({ VDI }) => database.get('VDI', VDI).uuid)
        .map(async uuid => {
          const { buffer, byteOffset, length } = await content.read(uuid, 0, content.size(uuid))
          return Buffer.from(buffer, byteOffset, length)
        }),
    )

  const jobOf = (
    jobId: string,
    repository: Repository,
    { context }: Pick<ReturnType<typeof testContext>, 'context'> = testContext(),
  ) => ({
    ...{ jobId, pool, repository, gate, context },
    ...{ log: memoryLog(), clock: { now: Date.now } },
  })

  return {
    client,
    pool,
    jobOf,
    readVm,
    imagesOf,
    uuidOf,
    guestWrite: async (vm: Vm, disk: 0, offset: number, bytes: Buffer) => {
      await client.guestWrite(uuidOf(vm), offset, bytes)
      bytes.copy(images.get(vm)?.[disk] as Buffer, offset)
    },
    /** @returns the point, once the base of changed-block tracking has moved on */
    backUp: async (
      vm: Vm,
      {
        jobId,
        repository,
        ...asked
      }: { jobId: string; repository: Repository; lock?: LockPolicy; wire?: WireCompression },
    ) => {
      const { outcome, settle } = await backupVm({
        ...jobOf(jobId, repository),
        spec: {
          kind: 'backup-vm',
          poolUuid: pool.uuid,
          vmUuid: uuidOf(vm),
          vmName: vm,
          method: 'normal',
          ...asked,
        },
      })
      if (outcome.status !== 'backed-up') throw new Error(JSON.stringify(outcome))
      await settle?.()
      return outcome.point
    },
    /** @returns what the disks of the new VM hold */
    restore: async (
      vm: Vm,
      { jobId, pointId, repository }: { jobId: string; pointId: string; repository: Repository },
    ) => {
      const { outcome } = await restoreVm({
        ...jobOf(jobId, repository),
        spec: {
          kind: 'restore-vm',
          poolUuid: pool.uuid,
          vmUuid: uuidOf(vm),
          vmName: vm,
          pointId,
          newName: `${vm} again`,
          start: false,
        },
      })
      if (outcome.status !== 'restored') throw new Error(JSON.stringify(outcome))
      return readVm(outcome.report.newVmUuid)
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  }
}
