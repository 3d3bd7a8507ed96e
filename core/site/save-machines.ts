import type { SiteComponent } from '../contracts/site.ts'
import { catalogsOf } from './classify.ts'
import { type Concern, concernProblem } from './concerns.ts'
import { missing, nothingFits, type Work } from './gaps.ts'
import { clip, type SiteVm } from './known.ts'
import { decideVm, type Taken } from './machines.ts'
import { inRoleOrder, numbers } from './skips.ts'
import { guestsByVm, readySiteVms } from './targets.ts'
import { byText, quoted, roleWord } from './words.ts'

/** VMs, or templates, and the lines that take each; lines that take none are told. */
export const machinesOf = (work: Work, kind: 'vm' | 'template'): Map<string, Taken> => {
  const { site, inventory, guests, finders, characters } = work
  const all = kind === 'vm' ? inventory.vms : inventory.templates
  const catalogOf = catalogsOf(guests)
  const taken = new Map<string, Taken>()
  const take = (vm: SiteVm, component: SiteComponent, index: number, explicit: boolean) => {
    const entry = taken.get(vm.uuid) ?? { vm, lines: [] }
    entry.lines.push({ index, component, explicit })
    taken.set(vm.uuid, entry)
  }
  for (const [index, component] of site.components.entries()) {
    const { vm, vms } = component.target
    if (isTemplateLine(component, finders) !== (kind === 'template')) continue
    if (vm !== undefined) {
      const found = finders[kind](vm)
      if ('found' in found) take(found.found, component, index, true)
      else missing(work, component, index, found)
    } else if (vms) {
      const fits = all.filter(readySiteVms(vms, catalogOf, characters))
      for (const one of fits) take(one, component, index, false)
      if (fits.length === 0) nothingFits(work, component, index)
    }
  }
  return taken
}

/** Newer releases of Citrix also take a template for a master image. */
const isTemplateLine = (
  { role, target: { vm } }: SiteComponent,
  finders: Work['finders'],
): boolean => {
  if (role !== 'master-image' || vm === undefined) return role === 'template'
  return 'missing' in finders.vm(vm) && !('missing' in finders.template(vm))
}

export const saveVms = (work: Work, taken: ReadonlyMap<string, Taken>): void => {
  const { site, inventory, guests, now, classify } = work
  const byVm = guestsByVm(guests)
  const concerns = new Map<Concern, { name: string; covers: number[] }[]>()
  for (const one of taken.values()) {
    const decision = decideVm(one, {
      ...{ site, now },
      classification: classify(one.vm),
      isStandby: inventory.standbys.has(one.vm.uuid),
      guest: byVm.get(one.vm.uuid),
    })
    if ('draft' in decision) work.drafts.push(decision.draft)
    else work.leftOut.push(decision.leftOut)
    const { concern } = decision
    if (concern)
      concerns.set(concern, [
        ...(concerns.get(concern) ?? []),
        { name: one.vm.name, covers: one.lines.map(({ index }) => index) },
      ])
  }
  for (const [concern, of] of concerns)
    work.problems.push(
      concernProblem(
        concern,
        of.map(({ name }) => name),
        of.flatMap(({ covers }) => covers),
      ),
    )
}

export const saveTemplates = (
  { drafts, leftOut }: Work,
  taken: ReadonlyMap<string, Taken>,
): void => {
  for (const { vm, lines } of taken.values()) {
    const covers = numbers(lines.map(({ index }) => index))
    const roles = inRoleOrder(lines.map(({ component }) => component.role))
    const because = lines.flatMap(({ component }) =>
      component.protect ? [] : [component.because ?? ''],
    )
    const isNamed = lines.some(({ component, explicit }) => component.protect && explicit)
    if (because.length > 0 && !isNamed)
      leftOut.push({
        ...{ code: 'excluded', roles, name: vm.name, uuid: vm.uuid, covers, gap: false },
        reason: clip(
          `the definition leaves it out: ${[...new Set(because)].sort(byText).join('; ')}`,
        ),
      })
    else
      drafts.push({
        ...{ kind: 'template', id: `template:${vm.uuid}`, stage: 'machines', roles, covers },
        ...{ poolUuid: vm.poolUuid, vmUuid: vm.uuid, vmName: vm.name },
        title: clip(
          `Back up the template ${quoted(vm.name)} (${roles.map(roleWord).join(', ')})`,
          500,
        ),
        does: [
          'Saves its settings and its disks. A template never runs, so nothing has to be held still.',
        ],
      })
  }
}
