import { Option } from 'commander'
import { ReplicaPhase, type ReplicaView } from '#core/contracts/replicas-api.ts'
import { action, answer, newCommand, type Program, type Session } from '../command.ts'
import { listAll } from '../control-plane.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Host } from '../host.ts'
import { quoted, safeText } from '../output/safe-text.ts'
import { type Column, table } from '../output/table.ts'
import { replicaLines } from './replica-lines.ts'

interface Options {
  search?: string
  pool?: string
  phase?: ReplicaView['phase']
  troubled?: true
}

/** `xenkeep replicas [REPLICA]`. JSON: `{"replicas":[ReplicaView]}`, or for one `{"replica":ReplicaDetail}`. */
export const replicasCommand = (program: Program) =>
  newCommand(
    'replicas',
    'list the standbys in other pools and how they stand, or show one with its states',
    [
      'xenkeep replicas',
      'xenkeep replicas --troubled',
      'xenkeep replicas db-01',
      "xenkeep replicas --json | jq '.replicas[0].standby.states'",
    ],
  )
    .argument('[replica]', 'id of a replica, or exact name or UUID of its VM')
    .option('--search <text>', 'part of the name of the VM or the standby')
    .option('--pool <pool>', 'only standbys in this pool (exact name or UUID)')
    .addOption(new Option('--phase <phase>', 'only in this phase').choices(ReplicaPhase.options))
    .option('--troubled', 'only where the last attempt failed, or the newest state is behind')
    .action(
      action(program, async (session, wanted: string | undefined, options: Options) => {
        if (wanted !== undefined) return showReplica(session, wanted, options)
        const query = { ...options, ...(options.troubled && { troubled: 'true' }) }
        const replicas = await listAll(session.client, 'listReplicas', query)
        answer(session, { replicas }, () => {
          if (replicas.length > 0) return table(columns(session.host), replicas)
          return Object.keys(options).length > 0
            ? ['No standby matches.']
            : ['There is no standby yet. "xenkeep replicate VM --to POOL" makes one.']
        })
        return ExitCode.ok
      }),
    )

const showReplica = async (
  session: Session,
  wanted: string,
  options: Options,
): Promise<ExitCode> => {
  if (Object.keys(options).length > 0)
    throw new UsageError('Name a replica, or narrow the list, and not both.')
  const { replicaId } = await findReplica(session, wanted)
  const replica = await session.client.call('getReplica', { params: { replicaId } })
  answer(session, { replica }, () => replicaLines(replica, session.host))
  return ExitCode.ok
}

const columns = ({ time }: Pick<Host, 'time'>): Column<ReplicaView>[] => [
  { title: 'REPLICA', cell: replica => replica.replicaId },
  { title: 'VM', cell: replica => safeText(replica.vmName) },
  { title: 'POOL', cell: replica => safeText(replica.poolName) },
  { title: 'STATE', cell: replica => replica.phase },
  {
    title: 'HOLDS',
    cell: ({ standby }) => (standby ? time(standby.taken) : 'nothing yet'),
  },
  { title: 'MISSED', cell: ({ missed }) => String(missed), align: 'right' },
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
