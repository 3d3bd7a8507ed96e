import type { RegionSetup, RegionView } from './region.ts'

/** How the regions stand, in one sentence. */
export const regionLine = (view: RegionView, { others }: Pick<RegionSetup, 'others'>): string => {
  const { here, active, epoch, record } = view
  if (others.length === 0) return `${here} is the only region.`
  const since = record
    ? ` since ${new Date(record.since).toISOString()}, when ${record.by} took over from ${record.former}`
    : ', and nobody ever took over'
  return here === active
    ? `${here} is active (epoch ${epoch})${since}; ${others.join(', ')} ${others.length === 1 ? 'stands' : 'stand'} by.`
    : `${here} stands by: ${active} is active (epoch ${epoch})${since}.`
}
