import type { Method } from '../contracts/methods.ts'
import type { SiteComponent, SiteDefinition } from '../contracts/site.ts'
import type { SiteGuest } from '../contracts/site-guest.ts'
import type { Classification } from './classify.ts'
import type { Concern } from './concerns.ts'
import { clip, type Draft, SILENT_MS, type SiteVm } from './known.ts'
import { disposableBecause } from './provisioned-disks.ts'
import { inRoleOrder, type LeftOut, numbers } from './skips.ts'
import { quoted, roleWord, sentence } from './words.ts'

/** A line of the definition that takes a VM. */
export interface Line {
  index: number
  component: SiteComponent
  /** It names just this VM. */
  explicit: boolean
}

/** A VM and all lines that take it. */
export interface Taken {
  vm: SiteVm
  lines: Line[]
}

interface Surroundings {
  site: SiteDefinition
  classification: Classification
  isStandby: boolean
  guest: SiteGuest | undefined
  now: number
}

export type Decision = { draft: Draft; concern?: Concern } | { leftOut: LeftOut; concern?: Concern }

const SURE = ['authoritative', 'certain', 'strong'] as const
const isSure = (certainty: Classification['contentSure']): boolean =>
  (SURE as readonly string[]).includes(certainty)

/** What becomes of one VM that lines of a site take. */
export const decideVm = ({ vm, lines }: Taken, around: Surroundings): Decision => {
  const { classification, isStandby } = around
  const protecting = lines.filter(({ component }) => component.protect)
  const excluding = lines.filter(({ component }) => !component.protect)
  const named = protecting.filter(({ explicit }) => explicit)
  const covers = numbers(lines.map(({ index }) => index))
  const leave = (
    { code, reason, gap = false }: Pick<LeftOut, 'code' | 'reason'> & { gap?: boolean },
    by: readonly Line[],
    concern?: Concern,
  ): Decision => ({
    leftOut: {
      ...{ code, reason, gap, covers, name: vm.name, uuid: vm.uuid },
      roles: inRoleOrder(by.map(({ component }) => component.role)),
    },
    ...(concern && { concern }),
  })
  const clash = named.length > 0 && excluding.some(({ explicit }) => explicit)
  const excludes = named.length > 0 ? [] : excluding
  const [first] = excludes
  if (first) return leave({ code: 'excluded', reason: becauseOf(excludes) }, excludes)

  const deciding = named.length > 0 ? named : protecting
  if (isStandby && !named.some(({ component }) => component.target.vm?.toLowerCase() === vm.uuid))
    return leave(
      {
        code: 'standby',
        reason:
          'it is the standby of a replication and holds what recovery points hold; name it by its UUID to back it up all the same.',
      },
      deciding,
    )
  const isPooled = deciding.every(({ component }) => component.role === 'pooled')
  const { content, contentSure } = classification
  if (content === 'discarded' && isSure(contentSure)) {
    if (isPooled) return leave({ code: 'discarded', reason: DISCARDED }, deciding)
    if (named.length === 0)
      return leave(
        { code: 'discarded', reason: DISCARDED },
        pooledInstead(deciding),
        'discarded-dedicated',
      )
    if (contentSure === 'certain')
      return leave(
        {
          code: 'discarded',
          reason:
            'XenServer resets its disks at each boot and takes no snapshot of them, so nothing of it can be saved. If it has to keep what is written, set on_boot of its disks to "persist".',
          gap: true,
        },
        deciding,
        'reset-dedicated',
      )
    return { draft: taskOf(vm, deciding, covers, around), concern: 'discarded-dedicated' }
  }
  if (isPooled) {
    if (content === 'kept' && isSure(contentSure))
      return { draft: taskOf(vm, deciding, covers, around), concern: 'pooled-keeps' }
    const proven = classification.madeBy !== 'none'
    return leave(
      { code: 'discarded', reason: DISCARDED },
      deciding,
      proven ? undefined : 'pooled-unproven',
    )
  }
  return {
    draft: taskOf(vm, deciding, covers, around),
    ...(clash && { concern: 'contradiction' as const }),
  }
}

/** The sentence that an administrator sees of pooled desktops, wherever they are left out. */
export const DISCARDED =
  'content is discarded at logoff. Their master image and their catalog are what brings them back.'

const becauseOf = (lines: readonly Line[]): string =>
  clip(
    `the definition leaves it out: ${[...new Set(lines.map(({ component }) => component.because ?? ''))].sort().join('; ')}`,
    1_000,
  )

/** What a selector for other desktops caught counts as what it is. */
const pooledInstead = (lines: readonly Line[]): Line[] =>
  lines.map(line =>
    line.component.role === 'dedicated'
      ? { ...line, component: { ...line.component, role: 'pooled' } }
      : line,
  )

const METHODS: readonly Method[] = ['offline', 'memory', 'quiesced', 'normal']

const taskOf = (
  vm: SiteVm,
  lines: readonly Line[],
  covers: number[],
  { site, classification, guest, now }: Surroundings,
): Draft => {
  const roles = inRoleOrder(lines.map(({ component }) => component.role))
  const asked = METHODS.find(method => lines.some(({ component }) => component.method === method))
  const isThere = guest?.freezes && now - (guest.lastSeen ?? 0) <= SILENT_MS
  const method = asked ?? (isThere ? 'quiesced' : 'normal')
  const { seconds, fallback = 'crash' } = site.freeze ?? {}
  const leavesOut = vm.disks.flatMap(disk => {
    const reason = disposableBecause(disk, vm.scheme)
    return reason === undefined ? [] : [{ userdevice: disk.userdevice, reason: sentence(reason) }]
  })
  const isMcs = classification.madeBy === 'mcs' && isSure(classification.madeBySure)
  return {
    kind: 'vm',
    id: `vm:${vm.uuid}`,
    stage: 'machines',
    roles,
    title: clip(`Back up ${quoted(vm.name)} (${roles.map(roleWord).join(', ')})`, 500),
    does: [
      methodWords(vm, method, { asked, guest, isThere: isThere === true, fallback }),
      ...(isMcs
        ? [
            `${classification.words} A restore goes back into the machine that is there, on the storage that it has.`,
          ]
        : []),
      ...leavesOut.map(({ userdevice, reason }) => `Leaves out disk ${userdevice}: ${reason}`),
    ]
      .map(text => clip(text))
      .slice(0, 20),
    covers,
    poolUuid: vm.poolUuid,
    vmUuid: vm.uuid,
    vmName: vm.name,
    method,
    ...(method === 'quiesced' && { fallback }),
    ...(method === 'quiesced' &&
      isThere &&
      guest && {
        freezeWith: {
          guestUuid: guest.guestUuid,
          guestName: guest.name,
          ...(seconds !== undefined && { seconds }),
        },
      }),
    ...(leavesOut.length > 0 && { leavesOut }),
    ...(isMcs && { mcs: true as const }),
  }
}

const methodWords = (
  { name }: SiteVm,
  method: Method,
  {
    asked,
    guest,
    isThere,
    fallback,
  }: {
    asked: Method | undefined
    guest: SiteGuest | undefined
    isThere: boolean
    fallback: 'crash' | 'fail'
  },
): string => {
  const told = asked === undefined ? '' : ', as the definition says'
  if (method === 'offline')
    return `Shuts ${quoted(name)} down for its snapshot and starts it again${told}.`
  if (method === 'memory') return `Takes a snapshot with the memory of ${quoted(name)}${told}.`
  if (method === 'quiesced') {
    const who = isThere && guest ? `The agent ${quoted(guest.name)} in it` : 'A hook of the gateway'
    const else_ =
      fallback === 'crash'
        ? 'it is taken as after a power cut, and the point says so'
        : 'there is no point'
    return `${who} holds ${quoted(name)} still while the snapshot is taken${told}; where that fails, ${else_}.`
  }
  const why =
    asked !== undefined
      ? 'as the definition says'
      : guest
        ? isSilent(guest)
        : 'since no agent in it can hold it still'
  return `Takes a snapshot of ${quoted(name)} as it runs, ${why}: its disks are as after a power cut.`
}

const isSilent = (guest: SiteGuest): string =>
  guest.freezes
    ? `since the agent ${quoted(guest.name)} in it is silent`
    : `since the agent ${quoted(guest.name)} in it may not freeze anything`
