import type { ReplicaView } from '#core/contracts/replicas-api.ts'
import { action, answer, newCommand, type Program, type Session } from '../command.ts'
import { listAll } from '../control-plane.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Host } from '../host.ts'
import { quoted, safeText } from '../output/safe-text.ts'
import { type Column, table } from '../output/table.ts'

/** `xenkeep replicas`. JSON: `{"replicas":[ReplicaView]}`. */
export const replicasCommand = (program: Program) =>
  newCommand('replicas', 'list the standbys in other pools and how they stand', [
    'xenkeep replicas',
    "xenkeep replicas --json | jq '.replicas[0].standby.states'",
  ]).action(
    action(program, async session => {
      const replicas = await listAll(session.client, 'listReplicas')
      answer(session, { replicas }, () =>
        replicas.length > 0
          ? table(columns(session.host), replicas)
          : ['There is no standby yet. "xenkeep replicate VM --to POOL" makes one.'],
      )
      return ExitCode.ok
    }),
  )

const columns = ({ time }: Pick<Host, 'time'>): Column<ReplicaView>[] => [
  { title: 'REPLICA', cell: replica => replica.replicaId },
  { title: 'VM', cell: replica => safeText(replica.vmName) },
  { title: 'POOL', cell: replica => safeText(replica.poolName) },
  { title: 'STATE', cell: replica => replica.phase },
  {
    title: 'HOLDS',
    cell: ({ standby }) => (standby ? time(standby.taken) : 'nothing yet'),
  },
  { title: 'HOW IT STANDS', cell: replica => safeText(replica.line) },
]

/** By the id of the replica, or the VM's exact name or UUID. @throws `USAGE` */
export const findReplica = async ({ client }: Session, wanted: string): Promise<ReplicaView> => {
  const items = await listAll(client, 'listReplicas')
  const found = items.filter(
    ({ replicaId, vmName, vmUuid, standby }) =>
      replicaId === wanted.toUpperCase() ||
      vmName === wanted ||
      vmUuid === wanted.toLowerCase() ||
      standby?.uuid === wanted.toLowerCase(),
  )
  const [only] = found
  if (!only)
    throw new UsageError(
      `There is no standby of ${quoted(wanted)}.`,
      '"xenkeep replicas" lists them.',
    )
  if (found.length > 1)
    throw new UsageError(
      `${quoted(wanted)} has ${found.length} standbys.`,
      'Name the one that is meant by its id; "xenkeep replicas" lists them.',
    )
  return only
}
