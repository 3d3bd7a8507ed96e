import type { SiteDefinition } from '../contracts/site.ts'
import type { SiteGraph } from '../contracts/site-graph.ts'
import type { SitePointRecord } from '../contracts/site-point.ts'
import {
  RestorePhase,
  type SiteRestorePlan,
  type SiteRestoreStep,
} from '../contracts/site-restore-plan.ts'
import type { SiteRole } from '../contracts/site-roles.ts'
import { durationText } from './point.ts'
import { manualSteps } from './restore-manual.ts'
import { phaseOf, type Step, stepOf } from './restore-steps.ts'
import { byText } from './words.ts'

/**
 * How a site comes back from one of its points: directory, names, databases, licences, controllers, stores, images, catalogs, desktops. A phase begins when the one
 * before it is done, its checks included; what is needed by nobody else in a phase can be done side by side.
 */
export const restorePlan = (
  { name: site }: Pick<SiteDefinition, 'name'>,
  { tasks, skips, about }: Pick<SiteGraph, 'tasks' | 'skips' | 'about'>,
  point: Pick<SitePointRecord, 'state' | 'reasons' | 'notes' | 'members' | 'skew'>,
): SiteRestorePlan => {
  const members = new Map(point.members.map(member => [member.taskId, member]))
  const ofRoles = new Map<SiteRole, number>()
  for (const { kind, roles } of tasks)
    if (kind === 'vm') for (const role of roles) ofRoles.set(role, (ofRoles.get(role) ?? 0) + 1)
  const restored = tasks
    .flatMap(task => {
      const member = members.get(task.id)
      if (!member) return []
      const [role] = phaseOf(task.roles)
      const ofRole = ofRoles.get(role) ?? 0
      return [stepOf(task, member, { tombstoneDays: about?.tombstoneDays, ofRole })]
    })
    // A machine comes back before what is restored inside of it.
    .sort((a, b) => kindOf(a) - kindOf(b) || byText(a.title, b.title) || byText(a.id, b.id))
  const manual = manualSteps({
    ...{ site, about, skips },
    phases: new Set(restored.map(({ phase }) => phase)),
    pools: [
      ...new Set(tasks.flatMap(task => (task.kind === 'pool-metadata' ? [task.poolName] : []))),
    ].sort(byText),
  })
  return {
    ...{ format: 'site-restore-plan', version: 1, site },
    notes: notesOf(point),
    steps: inPhases(manual.before, restored, manual.after),
  }
}

const kindOf = ({ job }: Step): number => (job?.kind === 'restore-component' ? 1 : 0)

/** Steps of a phase wait for the last of the phase before; checks wait for all that they check. */
const inPhases = (
  before: readonly Step[],
  restored: readonly Step[],
  after: readonly Step[],
): SiteRestoreStep[] => {
  const steps: SiteRestoreStep[] = []
  let gate: string[] = []
  for (const phase of RestorePhase.options) {
    const of = (list: readonly Step[]) => list.filter(step => step.phase === phase)
    let waits = gate
    let last: string | undefined
    const add = (step: Step, on: readonly string[]) => {
      const { inLine: _, ...rest } = step
      steps.push({ ...rest, after: [...new Set(on)].sort(byText) })
    }
    for (const step of of(before)) {
      add(step, waits)
      waits = [step.id]
    }
    const members = of(restored)
    const machines = members.filter(({ job }) => job?.kind !== 'restore-component')
    for (const step of members) {
      const inside = step.job?.kind === 'restore-component' ? machines.map(({ id }) => id) : []
      add(step, [...waits, ...inside, ...(step.inLine && last !== undefined ? [last] : [])])
      if (step.inLine) last = step.id
    }
    if (members.length > 0) waits = members.map(({ id }) => id)
    for (const step of of(after)) {
      add(step, waits)
      waits = [step.id]
    }
    if (of(before).length + members.length + of(after).length > 0) gate = waits
  }
  return steps
}

const notesOf = ({
  state,
  reasons,
  notes,
  skew,
}: Pick<SitePointRecord, 'state' | 'reasons' | 'notes' | 'skew'>): string[] =>
  [
    ...(state === 'partial'
      ? [
          `This point of the site is partial: ${reasons.length === 1 ? 'one part is' : `${reasons.length.toLocaleString('en')} parts are`} missing.`,
          ...reasons,
        ]
      : []),
    ...(skew
      ? [
          `Its oldest and its newest member are ${durationText(skew.milliseconds)} apart: the step “Bring catalogs and pools to one state” is there for what changed between them.`,
        ]
      : []),
    ...notes,
  ].slice(0, 500)
