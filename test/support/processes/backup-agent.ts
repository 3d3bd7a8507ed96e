// A process that backs up one VM of a pool, as the agent does under one lease, with checkpoints every 2 MiB. Settings: JSON in
// the environment (BACKUP_AGENT). After the PUT of checkpoint `hangAt` it says "hanging" and sends nothing more, to be killed. At its end it
// prints the outcome. With a `group` the VM is one of several that are snapshotted together.
import { openObjectStore } from '#adapters/open-object-store.ts'
import { systemClock } from '#adapters/system/clock.ts'
import { systemRandom } from '#adapters/system/random.ts'
import type { Method, SnapshotGroup } from '#core/contracts/methods.ts'
import type { ObjectStore } from '#core/ports.ts'
import { realPatience } from '#gateway-agent/control/patience.ts'
import { backupInGroup } from '#gateway-agent/jobs/backup/backup-in-group.ts'
import { type BackupOptions, backupVm } from '#gateway-agent/jobs/backup/backup-vm.ts'
import { createSnapshotGroups } from '#gateway-agent/jobs/backup/snapshot-group.ts'
import { createVmTurns } from '#gateway-agent/jobs/vm-turns.ts'
import { poolOfXapi } from '#gateway-agent/pool-of-xapi.ts'
import type { PoolOptions } from '#gateway-agent/xapi/api.ts'
import { openPool } from '#gateway-agent/xapi/pool.ts'
import { openRepository } from '#repository/index.ts'

const MiB = 1024 * 1024
const settings: {
  pool: PoolOptions
  vmUuid: string
  jobId: string
  address: string
  passphrase: string
  hangAt?: number
  method?: Method
  group?: SnapshotGroup
} = JSON.parse(process.env.BACKUP_AGENT ?? '')

const real = await openObjectStore(settings.address)
let checkpoints = 0
let hangs = false
const put: ObjectStore['put'] = async (key, parts) => {
  if (hangs) return new Promise(() => undefined)
  await real.put(key, parts)
  if (!key.startsWith('parts/') || ++checkpoints !== settings.hangAt) return
  hangs = true
  console.log('hanging')
}
const store = Object.assign(Object.create(real), { put, address: real.address })

const xapi = await openPool(settings.pool)
const repository = await openRepository({
  store,
  unlock: { passphrase: settings.passphrase },
  clock: systemClock,
  random: systemRandom,
  tuning: { workers: 1, packTarget: MiB, packsAhead: 1, chunksAtWork: 2, checkpointBytes: 2 * MiB },
})
const { group } = settings
const options: BackupOptions = {
  jobId: settings.jobId,
  spec: {
    kind: 'backup-vm',
    poolUuid: xapi.poolUuid,
    vmUuid: settings.vmUuid,
    vmName: 'web',
    method: settings.method ?? 'normal',
    ...(group && { group }),
  },
  pool: poolOfXapi(xapi),
  repository,
  gate: work => work(),
  context: { signal: new AbortController().signal, report: () => undefined, epoch: () => 1 },
  log: { info: () => undefined, warn: console.error, error: console.error },
}
const { outcome, settle } = group
  ? await backupInGroup(group, options, {
      takeInGroup: createSnapshotGroups(createVmTurns()),
      inTurn: more => backupVm({ ...options, ...more }),
      openJobs: async open => ({ open, elsewhere: [] }),
      patience: realPatience,
      log: options.log,
    })
  : await backupVm(options)
await settle?.()
await repository.close()
await xapi.close()
console.log(JSON.stringify(outcome))
