import type { ForetoldDeed, ReplicaDetail } from '#core/contracts/replica-detail.ts'
import { rhythmText } from '#core/replication/replica-line.ts'
import type { Host } from '../host.ts'
import { quoted, safeText } from '../output/safe-text.ts'

/** One standby, as `xenkeep replicas VM` tells of it. */
export const replicaLines = (detail: ReplicaDetail, { time }: Pick<Host, 'time'>): string[] => {
  const { replica, origin, sr, networks, states, readBack, rounds, created, runs } = detail
  const { replicaId, vmName, poolName, keep, everySeconds, proveEvery, standby, last } = replica
  return [
    `${replicaId}: standby of ${quoted(vmName)} in the pool ${quoted(poolName)}`,
    `  ${safeText(replica.line)}`,
    ...(replica.age ? [`  age            ${safeText(replica.age.text)}`] : []),
    `  standby        ${standby ? `${quoted(standby.name)} (${standby.uuid})` : 'none yet'}`,
    `  origin         ${safeText(origin.name ?? origin.uuid)}`,
    `  storage        ${sr ? safeText(sr.name ?? sr.uuid) : 'the default of the pool'}`,
    `  networks       ${networks.length === 0 ? 'by UUID or name' : networks.map(({ from, fromName, to, toName }) => safeText(`${fromName ?? from} = ${toName ?? to}`)).join(', ')}`,
    `  rounds         every ${rhythmText(everySeconds)}, ${rounds} went well since ${time(created)}, ${replica.missed} not begun in their time; ${keep} earlier states are kept`,
    `  read back      ${readBack ? `in full ${time(readBack.at)}, and equal` : 'never, as far as is known'}${proveEvery === 0 ? '' : `; each ${proveEvery} rounds`}`,
    ...(last ? [`  last           ${last.ok ? '' : 'FAILED: '}${safeText(last.line)}`] : []),
    ...states.map(
      ({ taken, pointId, test }) =>
        `  state          ${time(taken)}  ${pointId}  ${test ? safeText(test.sentence) : 'not tested'}`,
    ),
    ...runs.map(
      ({ asked, kind, runId, line }) =>
        `  run            ${time(asked)}  ${kind}  ${runId}  ${safeText(line)}`,
    ),
  ]
}

/** What a command would do, before it is given. */
export const foretoldLines = ({ refused, risk, steps }: ForetoldDeed): string[] => [
  ...(refused === undefined ? [] : [`It would be refused: ${safeText(refused)}`]),
  ...(risk === undefined ? [] : [`It has to be forced: ${safeText(risk)}`]),
  ...steps.map((step, index) => `${index + 1}. ${safeText(step)}`),
]
