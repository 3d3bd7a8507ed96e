import type { VmDetail } from '#core/contracts/vms-api.ts'
import { action, answer, newCommand, type Program } from '../../command.ts'
import { ExitCode } from '../../exit-codes.ts'
import type { Host } from '../../host.ts'
import { quoted, safeText } from '../../output/safe-text.ts'
import { count, formatBytes } from '../../output/units.ts'
import { uuidOf } from './uuid-of.ts'

/** `xenkeep vms show`. JSON: `{"vm":VmDetail}`. */
export const showVmCommand = (program: Program) =>
  newCommand(
    'show',
    'one VM: its disks, what protects it and why, its points in short, holds, the last jobs',
    ['xenkeep vms show db-01', "xenkeep vms show db-01 --json | jq '.vm.points'"],
  )
    .argument('<vm>', 'exact name or UUID; also of a VM that is gone and has recovery points')
    .action(
      action(program, async (session, wanted: string) => {
        const vmUuid = await uuidOf(session, wanted)
        const vm = await session.client.call('getVm', { params: { vmUuid } })
        answer(session, { vm }, () => vmLines(vm, session.host))
        return ExitCode.ok
      }),
    )

const vmLines = (detail: VmDetail, host: Pick<Host, 'time'>): string[] => {
  const { time } = host
  const unusual = detail.unusual ?? detail.vm?.unusual
  const { vm, uuid, name, seen, policies, replicas, holds, runs } = detail
  const line = (label: string, text: string) => `  ${label.padEnd(15)}${safeText(text)}`
  return [
    `${quoted(name)} (${uuid})`,
    ...(vm
      ? [
          line('state', `${vm.powerState.toLowerCase()}, in ${quoted(vm.poolName)}`),
          ...(vm.host === undefined ? [] : [line('host', vm.host)]),
          ...(vm.tags.length === 0 ? [] : [line('tags', vm.tags.join(', '))]),
          ...(seen === undefined ? [] : [line('seen', time(seen))]),
          ...(vm.standby ? [line('standby', 'of a replication')] : []),
          ...(vm.discarded
            ? [line('pooled', 'content is discarded at logoff: nothing of it is backed up')]
            : []),
        ]
      : [line('state', 'no pool has it any more; its points stay as long as they are kept')]),
    ...(unusual
      ? [
          line('CHANGE', `point ${unusual.pointId} of ${time(unusual.taken)}: ${unusual.text}`),
          line('', 'Where you know why: xenkeep vms acknowledge VM --reason "…"'),
        ]
      : []),
    ...(detail.beforeChange ? [line('before it', beforeText(detail.beforeChange, host))] : []),
    ...pointLines(detail, host).map(text => line('points', text)),
    ...(policies.length === 0 ? [line('policies', 'none')] : []),
    ...policies.map(policy =>
      line(
        'policy',
        `${quoted(policy.name)}: ${policy.why}${policy.protects ? '' : ' It does not run by itself.'}`,
      ),
    ),
    ...holds.map(hold =>
      line(
        'legal hold',
        `${hold.pointId === undefined ? 'on all points' : `on ${hold.pointId}`}, by ${hold.by}, ${time(hold.at)}: ${hold.reason}`,
      ),
    ),
    ...replicas.map(replica => line(replica.isStandby ? 'standby' : 'replica', replica.line)),
    ...diskLines(detail).map(text => line('disk', text)),
    ...runs.map(run =>
      line('job', `${time(run.asked)} ${run.kind}: ${run.line} (run ${run.runId})`),
    ),
  ]
}

const beforeText = (
  { text, pointId, taken }: NonNullable<VmDetail['beforeChange']>,
  { time }: Pick<Host, 'time'>,
): string =>
  pointId === undefined || taken === undefined ? text : `${pointId}, ${time(taken)}. ${text}`

const pointLines = ({ points }: VmDetail, { time }: Pick<Host, 'time'>): string[] => {
  const { oldest, newest, locked, lockedUntil, unusual, vanished } = points
  if (points.count === 0 || oldest === undefined || newest === undefined) return ['none']
  return [
    `${count(points.count, 'point')} from ${time(oldest)} to ${time(newest)}, ${formatBytes(points.bytesStored)} stored for them`,
    lockedUntil === undefined
      ? 'none of them is locked'
      : `${locked} of them locked, the last until ${time(lockedUntil)}`,
    ...(unusual > 0 ? [`${unusual} of unusual change; "xenkeep points --vm" says more`] : []),
    ...(vanished > 0
      ? [`${vanished} NOT IN THE REPOSITORY any more, and nobody deleted them in good order`]
      : []),
  ]
}

const diskLines = ({ vm, leftOut }: VmDetail): string[] =>
  (vm?.disks ?? []).map(({ userdevice, name, size, cbt }) => {
    const why = leftOut.filter(out => out.userdevice === userdevice).map(out => out.why)
    const left = why.length === 0 ? '' : `; left out: ${why.join(' ')}`
    return `${userdevice} ${quoted(name)}, ${formatBytes(size)}, changed blocks ${cbt ? 'tracked' : 'not tracked'}${left}`
  })
