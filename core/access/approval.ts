import type { JobSpec } from '../contracts/jobs.ts'
import { Role } from '../contracts/routes/route.ts'
import type { RestoreApproval } from '../contracts/settings.ts'
import { ApprovalRefusedError } from '../errors/access.ts'
import { RoleInsufficientError } from '../errors/request.ts'
import type { Person } from '../ports.ts'
import { isPerson } from './who.ts'

/** What a run waits for, and later who gave it. */
export interface Approval {
  /** The least role of whoever approves. */
  needs: Role
  because: string
  askedBy: string
  /** Who made the token that asked. */
  askedThrough?: string
  /** Whoever asked for the run may not approve it. */
  otherPerson?: true
  approvedBy?: string
  approvedAt?: number
}

const rank = (role: Role): number => Role.options.indexOf(role)

/** Whether what lies in a point leaves it; not, where that is only planned. */
const restores = (spec: JobSpec): boolean => writes(spec) || spec.kind === 'read-files'

const writes = (spec: JobSpec): boolean =>
  (spec.kind === 'restore-component' && (!isRest(spec) || setsAside(spec))) ||
  ((spec.kind === 'restore-vm' || spec.kind === 'restore-new-disks') && !spec.wishes?.planOnly)

/** Whether it goes on with a restore that was approved as a whole when it began, or gives it up. */
const isRest = (spec: JobSpec): boolean =>
  spec.kind === 'restore-component' && spec.steps !== undefined && !('only' in spec.steps)

const whatLeaves = (specs: readonly JobSpec[]): string =>
  specs.some(writes) ? 'it restores data' : 'it shows files of a guest'

/** Whether a VM that exists, or its disks, are replaced or written into. */
const isOverVm = (spec: JobSpec): boolean =>
  spec.kind === 'restore-vm' && writes(spec) && (spec.wishes?.identity ?? 'new') !== 'new'

/** Whether a component is brought back where it is, and not laid into a folder. */
const isOverComponent = (spec: JobSpec): boolean =>
  spec.kind === 'restore-component' && spec.target === 'original' && writes(spec)

/** Whether what one guest keeps comes to another one, even if into a folder. */
const isElsewhere = (spec: JobSpec): boolean =>
  spec.kind === 'restore-component' && spec.savedOn !== undefined

/** Whether a rule that protects a domain, or a catalog of machines, is set aside. */
const setsAside = (spec: JobSpec): boolean =>
  spec.kind === 'restore-component'
    ? (spec.overrides ?? []).length > 0
    : spec.kind === 'restore-vm' && writes(spec) && (spec.wishes?.overrides ?? []).length > 0

/**
 * Whether a run has to be approved before anything is read for it: one that writes over an existing VM, or over what a server keeps, or brings that to another guest, or sets a rule aside, takes an administrator, and where the settings ask for a
 * second person every restore takes one, and with it every look at files. A plan only never does.
 * @returns `undefined` where it may begin
 */
export const approvalFor = (
  specs: readonly JobSpec[],
  asker: Pick<Person, 'name' | 'role' | 'createdBy'>,
  setting: RestoreApproval,
): Approval | undefined => {
  if (!specs.some(restores)) return undefined
  const isOver = specs.some(isOverVm)
  const isAside = specs.some(setsAside)
  const isInto = specs.some(isOverComponent)
  const isOther = specs.some(isElsewhere)
  const needs = isOver || isInto || isOther || isAside ? 'administrator' : 'operator'
  const what = isAside ? 'it sets aside a rule of restores' : whatLeaves(specs)
  const other = isOther ? 'it brings what one guest keeps to another guest' : what
  const into = isInto && !isOther ? 'it writes over what a server keeps' : other
  const over = isOver ? 'it writes over a VM that exists' : into
  if (setting === 'other-person')
    return {
      ...{ needs, askedBy: asker.name, otherPerson: true },
      ...(asker.createdBy !== undefined && { askedThrough: asker.createdBy }),
      because: `${over}, and every restore is approved by a second person here`,
    }
  if (rank(asker.role) >= rank(needs)) return undefined
  return { needs, askedBy: asker.name, because: over }
}

/** @returns what `approvalFor` will come to when that which is only planned is asked for, in a sentence; `undefined` where nothing is only planned */
export const approvalForetold = (
  specs: readonly JobSpec[],
  asker: Pick<Person, 'name' | 'role' | 'createdBy'>,
  setting: RestoreApproval,
): string | undefined => {
  const planned = specs.flatMap(inEarnest)
  if (planned.length === 0) return undefined
  const approval = approvalFor(planned, asker, setting)
  if (!approval) return 'It begins at once: nobody else has to approve it.'
  return `It waits for approval by ${approverOf(approval)}, because ${approval.because}.`
}

/** What is only planned, as it will be asked for. */
const inEarnest = (spec: JobSpec): JobSpec[] => {
  if (spec.kind !== 'restore-vm' && spec.kind !== 'restore-new-disks') return []
  const { planOnly, ...wishes } = spec.wishes ?? {}
  return planOnly ? [{ ...spec, wishes } as JobSpec] : []
}

/** @throws `ROLE_INSUFFICIENT`, `APPROVAL_REFUSED` */
export const guardApprover = (
  approval: Approval,
  person: Pick<Person, 'name' | 'id' | 'role' | 'source'>,
): void => {
  if (rank(person.role) < rank(approval.needs))
    throw new RoleInsufficientError(person.name, person.role, approval.needs)
  if (person.source === 'token')
    throw new ApprovalRefusedError(
      'an outside system with a token approves nothing',
      'Sign in as a person and approve it there.',
    )
  const askers = [approval.askedBy, approval.askedThrough]
  if (approval.otherPerson && askers.some(asker => isPerson(asker, person)))
    throw new ApprovalRefusedError(
      'whoever asks for a restore, or made the token that asks, does not approve it here',
      'Ask somebody else, or have the setting "restoreApproval" changed by whoever owns this installation.',
    )
}

/** For the line of a run that waits. */
export const approvalLine = (approval: Approval): string =>
  `waiting for approval by ${approverOf(approval)}, because ${approval.because}; asked for by ${approval.askedBy.slice(0, 200)}`

const approverOf = ({ needs, otherPerson }: Approval): string =>
  `${needs === 'administrator' ? 'an administrator' : 'an operator'}${otherPerson ? ' who is somebody else' : ''}`
