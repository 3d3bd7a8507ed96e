import { VmAmbiguousError, VmNotFoundError } from '../errors/control.ts'

interface Named {
  uuid: string
  name: string
}

/**
 * Finds VMs by UUID or exact name; a VM that is named twice comes once, in the order of the first mention.
 * @throws `VM_NOT_FOUND` with names that look alike, `VM_AMBIGUOUS`
 */
export const resolveVms = <T extends Named>(vms: readonly T[], wanted: readonly string[]): T[] => {
  const byUuid = new Map(vms.map(vm => [vm.uuid, vm]))
  const byName = Map.groupBy(vms, vm => vm.name)
  const found = wanted.map(text => {
    const exact = byUuid.get(text.toLowerCase())
    if (exact) return exact
    const named = byName.get(text) ?? []
    const [only, ...others] = named
    if (!only) throw new VmNotFoundError(text, nearNames(byName.keys(), text))
    if (others.length > 0)
      throw new VmAmbiguousError(
        text,
        named.map(({ uuid }) => uuid),
      )
    return only
  })
  return [...new Set(found)]
}

/** @returns up to three names that `wanted` may have been meant to be, the likeliest first */
export const nearNames = (names: Iterable<string>, wanted: string): string[] => {
  const target = fold(wanted)
  const allowed = Math.max(1, Math.floor(target.length / 2.5)) // two slips in five characters
  return [...new Set(names)]
    .map(name => ({ name, distance: distanceTo(fold(name), target, allowed) }))
    .filter(({ distance }) => distance <= allowed)
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map(({ name }) => name)
}

const fold = (name: string): string => name.trim().toLowerCase()

const distanceTo = (name: string, target: string, allowed: number): number => {
  if (target.length > 2 && (name.startsWith(target) || target.startsWith(name))) return 0.5
  return Math.abs(name.length - target.length) > allowed
    ? Number.POSITIVE_INFINITY
    : editDistance(name, target)
}

/** Levenshtein: insertions, deletions and replacements that make one text the other. */
const editDistance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      )
    row = next
  }
  return row[b.length] ?? 0
}
