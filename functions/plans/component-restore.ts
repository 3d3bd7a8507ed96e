import { keys } from '#core/catalog/keys.ts'
import type { RestoreComponentRequest } from '#core/contracts/component-runs.ts'
import { RestoreRequestError } from '#core/errors/restore.ts'
import type { Use } from '#core/maintenance/uses.ts'
import { readPoint } from '#core/points/points-catalog.ts'
import type { Catalog, CatalogItem, CatalogWrite } from '#core/ports.ts'
import {
  guardFrom,
  guardGiveUp,
  guardNew,
  type StoredComponentRestore,
  standingOf,
} from '#core/restore/component-restore.ts'
import { quoted } from '#core/runs/explain.ts'
import type { Run } from '#core/runs/run.ts'
import { noted } from '#core/runs/run-log.ts'
import { enrolledGuest } from './component-runs.ts'
import type { Plan } from './plan.ts'
import { assertComponentPoint } from './vm-point.ts'

/** Who asks, for which run, and when (ms since 1970). */
interface Asking {
  runId: string
  by: string
  now: number
}

/** A restore of a component before it starts: its one job, what the run goes on from, and what is written in one piece with it, so that of two who ask at once one is told. */
export interface ComponentRestorePlan {
  plan: Plan
  /** The run that it goes on from. */
  goesOnFrom?: string
  beside: (asking: Asking) => CatalogWrite[]
}

type Wanted = Omit<RestoreComponentRequest, 'kind'>

/**
 * Plans to restore a component of a guest, to go on with the restore of it that is open, or to give that up.
 * @throws `POINT_NOT_FOUND`, `POINT_OF_OTHER_KIND`, `RESTORE_REQUEST`, `COMPONENT_RESTORE_OPEN`, `COMPONENT_RESTORE_STEP`
 */
export const planComponentRestore = async (
  catalog: Catalog,
  { pointId, target, onto, steps, parameters, overrides }: Wanted,
): Promise<ComponentRestorePlan> => {
  const point = await readPoint(catalog, pointId)
  assertComponentPoint(point)
  const { vmUuid: componentUuid, poolUuid: savedOn, vmName: name } = point
  const guestUuid = onto ?? savedOn
  const elsewhere = guestUuid === savedOn ? undefined : guestUuid
  const isGivenUp = steps !== undefined && 'giveUp' in steps
  // What a guest that is gone keeps is nobody's any more.
  const guest = isGivenUp ? undefined : await enrolledGuest(catalog, guestUuid)
  const goesOn = steps !== undefined && !('only' in steps)
  if (goesOn && target === 'folder')
    throw new RestoreRequestError(
      'what is laid into a folder has no steps, so none is gone on with',
    )
  if (goesOn && parameters)
    throw new RestoreRequestError('a restore that is open keeps the parameters that it began with')
  const open = await catalog.get<StoredComponentRestore>(
    keys.componentRestore(guestUuid, componentUuid),
  )
  const standing = open ? await standingOf(catalog, open.value.runId) : { state: 'none' as const }
  const spec = {
    kind: 'restore-component' as const,
    ...{ guestUuid, componentUuid, name, pointId, target },
    ...(elsewhere && { savedOn }),
    ...(steps && { steps }),
    ...(parameters && { parameters }),
    ...(overrides && { overrides }),
  }
  const where = guest && elsewhere ? ` on ${quoted(guest.name, 100)}` : ''
  const plan = (title: string): Plan => ({ title: `${title}${where}`, specs: [spec] })
  if (target === 'folder')
    return { plan: plan(`${quoted(name, 300)} into a folder`), beside: () => [] }
  const item = { guestUuid, componentUuid, pointId, open }
  if (!goesOn) {
    guardNew(standing, { name, pointId: open?.value.pointId ?? pointId, onto: elsewhere })
    return { plan: plan(quoted(name, 300)), beside: ({ runId }) => newestWrites(item, runId) }
  }
  if ('giveUp' in steps) {
    guardGiveUp(standing, open?.value, pointId)
    const former = standing.state === 'none' ? undefined : await runItem(catalog, standing.run)
    return {
      plan: plan(`give up: ${quoted(name, 300)}`),
      beside: asking => [
        ...(former ? [givenUp(former, asking)] : []),
        { kind: 'delete', key: keyOf(item), expect: versionOf(open) },
        { kind: 'delete', key: useKey(item), expect: 'any' },
      ],
    }
  }
  const before = guardFrom(standing, open?.value, { pointId, from: steps.from })
  const former = await runItem(catalog, before)
  return {
    plan: plan(quoted(name, 300)),
    goesOnFrom: before.runId,
    beside: asking => [
      ...(former ? [goneOn(former, asking)] : []),
      ...newestWrites(item, asking.runId),
    ],
  }
}

interface Item {
  guestUuid: string
  componentUuid: string
  pointId: string
  open: CatalogItem<StoredComponentRestore> | undefined
}

const versionOf = (open: Item['open']) => (open ? { version: open.version } : ('absent' as const))

const keyOf = ({ guestUuid, componentUuid }: Item) =>
  keys.componentRestore(guestUuid, componentUuid)

const useKey = ({ guestUuid, componentUuid, pointId }: Item) =>
  keys.use(pointId, `component#${componentUuid}#${guestUuid}`)

/** The point stays as long as its restore may go on. */
const newestWrites = (item: Item, runId: string): CatalogWrite[] => {
  const { guestUuid, componentUuid, pointId, open } = item
  const value: StoredComponentRestore = { pointId, runId }
  const use: Use = { componentUuid, guestUuid }
  return [
    { kind: 'put', key: keyOf(item), value, expect: versionOf(open) },
    { kind: 'put', key: useKey(item), value: use, expect: 'any' },
  ]
}

const runItem = (catalog: Catalog, { runId }: Run) => catalog.get<Run>(keys.run(runId))

const changed = ({ value, version }: CatalogItem<Run>, run: Run): CatalogWrite => ({
  kind: 'put',
  key: keys.run(value.runId),
  value: run,
  expect: { version },
})

const goneOn = (former: CatalogItem<Run>, { runId, by, now }: Asking): CatalogWrite =>
  changed(
    former,
    noted(
      { ...former.value, goneOnBy: runId },
      now,
      `gone on with by ${by.slice(0, 200)}: run ${runId}`,
    ),
  )

/** A run that waited for a person is nobody's task any more. */
const givenUp = (former: CatalogItem<Run>, { runId, by, now }: Asking): CatalogWrite => {
  const run: Run = { ...former.value, givenUpBy: runId }
  const line = `given up by ${by.slice(0, 200)}; before, it ${run.line ?? ''}`.slice(0, 1_000)
  const ended: Run = run.state === 'action-required' ? { ...run, state: 'cancelled', line } : run
  return changed(former, noted(ended, now, `given up by ${by.slice(0, 200)}: run ${runId}`))
}
