import { join } from 'node:path'
import type { z } from 'zod'
import type { PointSummary } from '#core/contracts/points.ts'
import type { JobView, StartRunRequest } from '#core/contracts/runs-api.ts'
import { XenkeepError } from '#core/errors/base.ts'
import { listAll } from '../control-plane.ts'
import { fetchRun } from '../follow/fetch-run.ts'
import { startRun } from '../follow/start-run.ts'
import { count, formatBytes } from '../output/units.ts'
import { cloneClaim, fullBackupClaim, incrementalClaim, unchangedClaim } from './claims.ts'
import { compareWithFile } from './compare.ts'
import { workingDay } from './guest-files.ts'
import { destroyVm, disksOf, vmExists } from './pool-story.ts'
import { diskUsage } from './search.ts'
import { guestWrites } from './simulated-guest.ts'
import type { Stage } from './stage.ts'

/** A step that has to succeed for the story to go on did not. */
export class StoryEndedError extends XenkeepError {
  readonly code = 'DEMO_STOPPED'
  constructor(what: string) {
    super(`The demo cannot go on: ${what}.`, {
      advice: 'The lines above say why. Report it with them if it happens again.',
    })
  }
}

/** Runs and follows one run. @returns its jobs @throws `DEMO_STOPPED` unless it succeeded */
const runToItsEnd = async (
  { session }: Stage,
  request: z.input<typeof StartRunRequest>,
): Promise<JobView[]> => {
  const exitCode = await startRun(session, request, { embedded: true })
  const [run] = await listAll(session.client, 'listRuns', {}, 1)
  if (exitCode !== 0 || !run) throw new StoryEndedError(`the ${request.kind} did not succeed`)
  return (await fetchRun(session.client, run.runId)).jobs
}

/** @returns the points that the run made, by the name of their VM */
const backUp = async (stage: Stage, vms: readonly string[]): Promise<Map<string, PointSummary>> => {
  const jobs = await runToItsEnd(stage, { kind: 'backup', vms: [...vms] })
  return new Map(
    jobs.flatMap(({ outcome }) =>
      outcome?.status === 'backed-up' ? [[outcome.point.vmName, outcome.point] as const] : [],
    ),
  )
}

const pointOf = (points: ReadonlyMap<string, PointSummary>, vm: string): PointSummary => {
  const point = points.get(vm)
  if (!point) throw new StoryEndedError(`${vm} was not backed up`)
  return point
}

const VMS = ['web-01', 'web-02', 'db-01'] as const
const LOST = 'db-01'

export const firstBackup = async (stage: Stage): Promise<void> => {
  const { narrator } = stage
  narrator.chapter('First backup of all VMs: everything is read')
  const points = await backUp(stage, ['web-01', LOST])
  // By itself, so that it meets what its original has stored.
  narrator.line('Now the clone: it is read like any other VM, and all it holds is known already.')
  const before = await diskUsage(join(stage.folder, 'repository'))
  const clone = pointOf(await backUp(stage, ['web-02']), 'web-02')
  const grown = (await diskUsage(join(stage.folder, 'repository'))) - before
  narrator.claim(fullBackupClaim([...points.values(), clone], VMS.length))
  narrator.claim(cloneClaim(pointOf(points, 'web-01'), clone, grown))
}

export const workAndSecondBackup = async (stage: Stage): Promise<void> => {
  const { narrator, maker, image, simulator } = stage
  const { written, removed } = workingDay
  narrator.chapter(`A working day on ${LOST}, then the second backup`)
  const done = await maker.change(image('tables'), image('tables-later'), {
    written: written(),
    removed,
  })
  const vm = simulator.vms[LOST] ?? ''
  const changed = await guestWrites(simulator, { vm, device: '1', image: image('tables-later') })
  narrator.line(`In the guest: ${done}. ${formatBytes(changed)} changed on its second disk.`)
  const points = await backUp(stage, VMS)
  narrator.claim(incrementalClaim(pointOf(points, LOST), changed))
  narrator.claim(unchangedClaim([pointOf(points, 'web-01'), pointOf(points, 'web-02')]))
}

export const disaster = async ({ narrator, pool, simulator }: Stage): Promise<void> => {
  narrator.chapter(`Disaster: ${LOST} is destroyed in XenServer, and so are its disks`)
  const uuid = simulator.vms[LOST] ?? ''
  const disks = await destroyVm(pool, uuid)
  const gone = !(await vmExists(pool, uuid))
  narrator.line(
    `VM.destroy ${uuid}, VDI.destroy of ${count(disks, 'disk')}: XenServer knows neither any more.`,
  )
  narrator.claim({
    claim: `${LOST} is gone`,
    measured: gone ? 'XenServer answers UUID_INVALID' : 'XenServer still knows it',
    proven: gone,
  })
}

export const restore = async (stage: Stage): Promise<void> => {
  const { narrator, session } = stage
  narrator.chapter(`Restoring ${LOST} from its last recovery point`)
  const [point] = await listAll(session.client, 'listPoints', { vm: LOST }, 1)
  if (!point) throw new StoryEndedError(`there is no recovery point of ${LOST}`)
  const [job] = await runToItsEnd(stage, { kind: 'restore', pointId: point.pointId, newName: LOST })
  if (job?.outcome?.status !== 'restored') throw new StoryEndedError(`${LOST} was not restored`)
  await compareDisks(stage, job.outcome.report.newVmUuid)
}

/** Fetches the restored disks from XenServer by XAPI's own export, beside everything of XenKeep. */
const compareDisks = async (
  { narrator, pool, image, maker, folder }: Stage,
  vmUuid: string,
): Promise<void> => {
  const disks = await disksOf(pool, vmUuid)
  let bytes = 0
  let equal = disks.length === 2
  const checks: string[] = []
  for (const { vdi, userdevice } of disks) {
    const expected = image(userdevice === '0' ? 'system' : 'tables-later')
    const fetched = join(folder, `fetched-${userdevice}.raw`)
    const { firstDifference, ...compared } = await compareWithFile(
      await pool.readDisk(vdi),
      expected,
      fetched,
    )
    bytes += compared.bytes
    equal &&= firstDifference === undefined
    narrator.line(
      firstDifference === undefined
        ? `Disk ${userdevice}, fetched back from XenServer: all ${formatBytes(compared.bytes)} equal, SHA-256 ${compared.sha256.slice(0, 16)}…`
        : `Disk ${userdevice} DIFFERS from the guest's disk from byte ${firstDifference} on.`,
    )
    const verdict = await maker.check?.(fetched).catch((error: Error) => {
      equal = false
      return `${DAMAGED}: ${error.message}`
    })
    if (verdict) checks.push(verdict)
  }
  narrator.claim({
    claim: `The restored ${LOST} is what the guest had last, byte by byte`,
    measured: `${formatBytes(bytes)} on ${count(disks.length, 'disk')} compared`,
    proven: equal,
  })
  narrator.claim({
    claim: 'Its file systems are sound',
    measured: maker.check
      ? `e2fsck -fn: ${checks.filter(isClean).length} of ${disks.length} clean`
      : `not checked: ${maker.uncheckedBecause}`,
    proven: maker.check ? checks.length === disks.length && checks.every(isClean) : null,
  })
}

const DAMAGED = 'DAMAGED'
const isClean = (verdict: string): boolean => !verdict.startsWith(DAMAGED)
