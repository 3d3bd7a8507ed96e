import { isActive, type RegionSetup, type RegionView } from './region.ts'

/** How the regions stand, in a sentence or two. */
export const regionLine = (view: RegionView, { others }: Pick<RegionSetup, 'others'>): string => {
  const { here, active, epoch, record, heard, listens } = view
  if (others.length === 0) return 'This control plane stands alone: no second region is set up.'
  const since = record
    ? ` since ${new Date(record.since).toISOString()}, when ${record.by} took over from ${record.former}`
    : ', and nobody ever took over'
  if (!isActive(view) && !listens)
    return `${here} stands by: ${active} is active (epoch ${epoch})${since}.`
  const stand = `${others.join(', ')} ${others.length === 1 ? 'stands' : 'stand'} by.`
  const line = `${here} is active (epoch ${epoch})${since}; ${stand}`
  if (heard !== undefined)
    return `${line} But gateways come with epoch ${heard}: another region was taken over, that has not come over here yet, and they do not obey this one. If that region is lost, take over here.`
  return listens
    ? `${line} It was away, and looks for some minutes whether another region has taken over meanwhile, before it starts or changes anything.`
    : line
}

/** When another region was last heard of, in words. */
export const lastWordLine = (name: string, at: number, now: number): string => {
  const seconds = Math.max(0, Math.round((now - at) / 1_000))
  const ago =
    seconds < 120
      ? `${seconds} s`
      : seconds < 7_200
        ? `${Math.round(seconds / 60)} minutes`
        : `${Math.round(seconds / 3_600)} hours`
  return `The last that came from ${name} was written ${ago} ago (${new Date(at).toISOString()})${seconds > 180 ? ': what it wrote since has not come over, or it is away' : ''}.`
}
