import { keys } from '#core/catalog/keys.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import { timeText } from '#core/overview/words.ts'
import type { ProtectedVm } from '#core/points/points-catalog.ts'
import type { Catalog } from '#core/ports.ts'
import { roundSteps } from '#core/replication/foretell.ts'
import { rhythmText } from '#core/replication/replica-line.ts'
import { quoted } from '#core/runs/explain.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import {
  type Definition,
  newReplica,
  readDefinition,
  replicaOf,
} from '../../replication/definition.ts'
import { httpHandler } from '../../runtime.ts'

/** What a definition would do if it were saved. Changes nothing. */
export const previewReplica =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({ body }: RouteCall<'previewReplica'>): Promise<RouteReply<'previewReplica'>> => {
    const wanted = await readDefinition(catalog, body)
    const { vm, pool, definition } = wanted
    const known = await replicaOf(catalog, vm.uuid, pool.uuid)
    const replica = known ? { ...known, ...definition } : newReplica(wanted, '', clock.now())
    const every = `A round is due every ${rhythmText(definition.everySeconds)}`
    return {
      ...(known && { replicaId: known.replicaId }),
      steps: [
        ...roundSteps(replica),
        `${every}${known ? '; the next is where it was' : ', the first at once'}.`,
      ],
      notes: [
        ...(known
          ? [
              'The VM has a standby in this pool already; its definition is changed, and what it holds stays.',
            ]
          : []),
        ...(await pointNotes(catalog, wanted)),
        ...storageNotes(wanted, known?.standby !== undefined),
        networkNote(wanted),
        ...(vm.poolUuid === pool.uuid
          ? [
              `${quoted(vm.name)} is in this very pool: where the pool is lost, its standby is lost with it.`,
            ]
          : []),
      ].map(note => note.slice(0, 1_000)),
    }
  }

/** Rounds read recovery points alone. */
const pointNotes = async (catalog: Catalog, { vm }: Definition): Promise<string[]> => {
  const mark = (await catalog.get<ProtectedVm>(keys.protectedVm(vm.uuid)))?.value
  if (!mark)
    return [
      `There is no recovery point of ${quoted(vm.name)} yet: rounds fail until it is backed up. Rounds read recovery points, so back it up as often as its standby shall be young.`,
    ]
  const key = keys.vmPoint(vm.uuid, mark.newest.pointId)
  const point = (await catalog.get<PointSummary>(key))?.value
  const left = point?.skipped.length ?? 0
  return [
    `Its newest recovery point was taken ${timeText(mark.newest.taken)}. Rounds read recovery points, so the standby is never younger than the newest of them.`,
    ...(left > 0
      ? [
          `${left === 1 ? 'A disk is' : `${left} disks are`} not in that point, and would not be in the standby.`,
        ]
      : []),
  ]
}

const GIB = 1024 ** 3

const storageNotes = ({ vm, pool, definition }: Definition, isThere: boolean): string[] => {
  const sr = pool.srs.find(({ uuid, isDefault }) =>
    definition.srUuid === undefined ? isDefault : uuid === definition.srUuid,
  )
  if (!sr)
    return [
      `The pool ${quoted(pool.name)} has no default storage repository: name one, or the first round fails.`,
    ]
  const needed = vm.disks.reduce((sum, { size }) => sum + size, 0)
  const free = sr.size - sr.used
  return [
    ...(definition.srUuid === undefined
      ? [`Its disks go on ${quoted(sr.name)}, the default storage of the pool.`]
      : []),
    ...(!isThere && needed > free
      ? [
          `The disks of ${quoted(vm.name)} have ${(needed / GIB).toFixed(1)} GiB, and ${quoted(sr.name)} has ${(Math.max(0, free) / GIB).toFixed(1)} GiB free: the first round may find no room.`,
        ]
      : []),
  ]
}

const networkNote = ({ definition: { networks } }: Definition): string => {
  const count = Object.keys(networks).length
  const others = count === 0 ? 'Each network interface' : 'Each other network interface'
  return `${others} goes on the network with the same UUID or name in that pool; where there is none, or several, it is left out and the report says so. Networks count when the standby is made: a change later does not move it.`
}

export const handler = httpHandler('previewReplica', previewReplica)
