import type { z } from 'zod'
import type { RestoreWishes } from '#core/contracts/restore.ts'
import type { ListedPoint, StartRunRequest } from '#core/contracts/runs-api.ts'
import { restore as words } from '../../text/restore.ts'

/** What it comes back as: an identity, or single disks as new ones. */
export type TargetKind = 'new' | 'same' | 'disks-only' | 'new-disks'

/** What was chosen so far. Texts are as typed; what does not fit the kind of restore stays here and is not asked for. */
export interface Draft {
  point?: ListedPoint | undefined
  kind: TargetKind
  poolUuid?: string | undefined
  name: string
  sr?: string | undefined
  /** By userdevice: UUID of a storage repository. */
  diskSrs: Readonly<Record<string, string>>
  /** Userdevices; none means all. */
  disks: readonly string[]
  attachTo: string
  start: boolean
  resume: boolean
  replace: boolean
  shutDown: boolean
  keepSafetySnapshot: boolean
  networks: readonly { device: string; network?: string | undefined }[]
  refuseMissing: boolean
  macs?: 'new' | 'keep' | undefined
  homeServer?: string | undefined
  keepHa: boolean
  keepAppliance: boolean
  evenIfIncomplete: boolean
}

export const EMPTY: Draft = {
  ...{ kind: 'new', name: '', diskSrs: {}, disks: [], attachTo: '', networks: [] },
  ...{ start: false, resume: false, replace: false, shutDown: false, keepSafetySnapshot: false },
  ...{ refuseMissing: false, keepHa: false, keepAppliance: false, evenIfIncomplete: false },
}

export const STEPS = ['point', 'target', 'options', 'summary'] as const
export type Step = (typeof STEPS)[number]

/** What each step is given. */
export interface StepProps {
  draft: Draft
  change: (members: Partial<Draft>) => void
  /** What is wrong with a field, once that is to be shown. */
  problem: (field: string) => string | undefined
}

export const makesVm = ({ kind }: Draft): boolean => kind === 'new' || kind === 'same'
/** Whether a VM that is there is replaced or written into. */
export const isOverVm = (kind: TargetKind): kind is 'same' | 'disks-only' =>
  kind === 'same' || kind === 'disks-only'

/** Disks of the point that can be named; its memory is none. */
export const disksOf = ({ point }: Draft) =>
  (point?.disks ?? []).filter(({ userdevice }) => /^\d+$/.test(userdevice))

export interface FieldProblem {
  step: Step
  field: string
  text: string
}

/** What has to be mended before the plan can be asked for. All else the plan refuses, in the API's own words. */
export const problemsOf = (draft: Draft): FieldProblem[] => {
  const { point, kind, disks, name, networks } = draft
  const found: FieldProblem[] = []
  const wrong = (step: Step, field: string, text: string) => found.push({ step, field, text })
  if (!point) wrong('point', 'point', words.point.needed)
  const of = point?.kind ?? 'vm'
  if (of === 'host' || of === 'pool-metadata')
    wrong('point', 'point', words.point.otherKind(words.kinds[of]))
  if (kind === 'new-disks' && disks.length === 0) wrong('target', 'disks', words.target.chooseDisks)
  if (kind === 'new-disks' && disks.length > 1 && name.trim() !== '')
    wrong('target', 'name', words.target.oneNameOneDisk)
  if (makesVm(draft))
    for (const [index, { device, network }] of networks.entries()) {
      if (!/^\d{1,3}$/.test(device)) wrong('options', `device ${index}`, words.options.deviceWrong)
      else if (networks.findIndex(one => one.device === device) < index)
        wrong('options', `device ${index}`, words.options.deviceTwice)
      if (network === undefined) wrong('options', `network ${index}`, words.options.networkNeeded)
    }
  return found
}

type RestoreRequest = Extract<z.input<typeof StartRunRequest>, { kind: 'restore' }>

/** What is asked for. @throws where no point was chosen */
export const requestOf = (draft: Draft, planOnly: boolean): RestoreRequest => {
  const { point, poolUuid, name, sr, start, evenIfIncomplete } = draft
  if (!point) throw new Error('no recovery point was chosen')
  const wishes = { ...wishesOf(draft), ...(planOnly && { planOnly }) }
  const newName = draft.kind === 'disks-only' ? '' : name.trim()
  return {
    kind: 'restore',
    pointId: point.pointId,
    start: makesVm(draft) && start,
    ...(newName !== '' && { newName }),
    ...(poolUuid !== undefined && { poolUuid }),
    ...(sr !== undefined && draft.kind !== 'disks-only' && { srUuid: sr }),
    ...(evenIfIncomplete && { evenIfIncomplete }),
    ...(Object.keys(wishes).length > 0 && { wishes }),
  }
}

const wishesOf = (draft: Draft): RestoreWishes => {
  const { kind, disks, attachTo } = draft
  const chosen = disks.length > 0 && { disks: [...disks] }
  if (kind === 'disks-only') return { identity: kind, ...chosen, ...consentOf(draft) }
  if (kind === 'new-disks')
    return {
      ...chosen,
      ...diskSrsOf(draft),
      ...(attachTo.trim() !== '' && { attachTo: attachTo.trim() }),
    }
  const { networks, refuseMissing, macs, resume, homeServer, keepHa, keepAppliance } = draft
  const mapped = networks.flatMap(({ device, network }) => (network ? [[device, network]] : []))
  return {
    ...(kind === 'same' && { identity: kind, ...consentOf(draft) }),
    ...diskSrsOf(draft),
    ...(mapped.length > 0 && { networks: Object.fromEntries(mapped) }),
    ...(refuseMissing && { missingNetworks: 'refuse' as const }),
    ...(macs && { macs }),
    ...(resume && { resume }),
    ...(homeServer && { homeServer }),
    ...(keepHa && { keepHa }),
    ...(keepAppliance && { keepAppliance }),
  }
}

const diskSrsOf = (draft: Draft): Pick<RestoreWishes, 'diskSrs'> => {
  const known = new Set(disksOf(draft).map(({ userdevice }) => userdevice))
  const chosen = Object.entries(draft.diskSrs).filter(([device]) => known.has(device))
  return chosen.length > 0 ? { diskSrs: Object.fromEntries(chosen) } : {}
}

const consentOf = ({ kind, replace, shutDown, keepSafetySnapshot }: Draft): RestoreWishes => ({
  ...(replace && kind === 'same' && { replace }),
  ...(shutDown && { shutDown }),
  ...(keepSafetySnapshot && { keepSafetySnapshot }),
})
